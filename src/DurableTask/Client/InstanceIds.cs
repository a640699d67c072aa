namespace DurableTask;

internal static class InstanceIds
{
    public const int MaxLength = 450;

    // Found here, it is the caller's exception; found by the store, it would be a step that never succeeds.
    public static void Check(string instanceId)
    {
        if (instanceId.Length is 0 or > MaxLength || instanceId.Any(char.IsControl))
        {
            throw new ArgumentException($"An instance id has 1 to {MaxLength} characters and no control characters.", nameof(instanceId));
        }
    }
}
