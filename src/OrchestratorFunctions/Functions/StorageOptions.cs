using System.ComponentModel.DataAnnotations;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Queues;

namespace OrchestratorFunctions.Functions;

/// <summary>The storage account of the Functions app, which also holds the queue of nudges. Named as the host names it, so that both use the same.</summary>
internal sealed class StorageOptions : IValidatableObject
{
    public const string Setting = "AzureWebJobsStorage";
    private string? identityClientId;

    /// <summary>
    /// A connection string (<c>UseDevelopmentStorage=true</c> is the local emulator). In Azure rather a managed identity: then <c>AzureWebJobsStorage__accountName</c> or
    /// <c>AzureWebJobsStorage__queueServiceUri</c> is set instead, and <c>AzureWebJobsStorage__clientId</c> for a user-assigned one.
    /// </summary>
    [ConfigurationKeyName(Setting)]
    public string? ConnectionString { get; set; }

    /// <summary>Where the queues are when a managed identity opens them.</summary>
    public Uri? QueueService { get; private set; }

    public void ReadIdentity(IConfiguration configuration)
    {
        var section = configuration.GetSection(Setting);
        identityClientId = section["clientId"];
        QueueService = Uri.TryCreate(section["queueServiceUri"], UriKind.Absolute, out var given) ? given
            : section["accountName"] is { Length: > 0 } account ? new Uri($"https://{account}.queue.core.windows.net")
            : null;
    }

    /// <summary>The queue of that name. The host reads messages as base64.</summary>
    /// <exception cref="InvalidOperationException">No storage account is named.</exception>
    public QueueClient Queue(string name)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        if (ConnectionString is not null)
        {
            return new QueueClient(ConnectionString, name, options);
        }

        TokenCredential identity = identityClientId is null ? new DefaultAzureCredential() : new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(identityClientId));
        return new QueueClient(new Uri(QueueService ?? throw new InvalidOperationException($"{Setting} is not set."), name), identity, options);
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        ConnectionString is null && QueueService is null
            ? [new ValidationResult("AzureWebJobsStorage is not set: the Functions host and this app need a storage account (UseDevelopmentStorage=true is the local emulator).")]
            : [];
}
