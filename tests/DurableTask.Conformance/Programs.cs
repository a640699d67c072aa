namespace DurableTask.Conformance;

/// <summary>The orchestrations and activities of the suite.</summary>
public static class Programs
{
    public static DurableTaskRegistry AddPrograms(this DurableTaskRegistry registry) => registry
        .AddOrchestrator<Chain>().AddOrchestrator<FanOut>().AddOrchestrator<Tries>().AddOrchestrator<Family>().AddOrchestrator<Child>().AddOrchestrator<Waits>().AddOrchestrator<Sleeps>()
        .AddOrchestrator<Mailbox>().AddOrchestrator<Doubles>().AddOrchestrator<Sender>().AddOrchestrator<Fails>().AddOrchestrator<Ids>().AddOrchestrator<Echoes>().AddOrchestrator<VersionOne>().AddOrchestrator<VersionTwo>()
        .AddActivity<Double>().AddActivity<Flaky>().AddActivity<Refuse>().AddActivity<Echo>();

    public sealed record Everything(string Text, DateTimeOffset At, decimal Price, TimeSpan? Wait, DayOfWeek Day, long Large, string[] Lines);

    public sealed class Chain : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input)
        {
            context.SetCustomStatus(new { step = 1 });
            var once = await context.CallActivityAsync<int>(nameof(Double), input);
            context.SetCustomStatus(new { step = 2 });
            return await context.CallActivityAsync<int>(nameof(Double), once);
        }
    }

    public sealed class Doubles : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input)
        {
            var doubled = await context.CallActivityAsync<int>(nameof(Double), input);
            doubled = await context.CallActivityAsync<int>(nameof(Double), doubled);
            if (doubled < 1000)
            {
                context.ContinueAsNew(doubled);
            }

            return doubled;
        }
    }

    public sealed class FanOut : TaskOrchestrator<int, int>
    {
        public override async Task<int> RunAsync(TaskOrchestrationContext context, int input) =>
            (await Task.WhenAll(Enumerable.Range(1, input).Select(one => context.CallActivityAsync<int>(nameof(Double), one)))).Sum();
    }

    public sealed class Tries : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            var options = TaskOptions.FromRetryPolicy(new RetryPolicy(5, TimeSpan.FromMilliseconds(50)));
            try
            {
                return await context.CallActivityAsync<string>(input, context.InstanceId, options);
            }
            catch (TaskFailedException failed)
            {
                return $"{failed.TaskName}: {failed.FailureDetails.ErrorType}: {failed.FailureDetails.ErrorMessage}";
            }
        }
    }

    public sealed class Family : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            try
            {
                return "child said " + await context.CallSubOrchestratorAsync<string>(nameof(Child), input, new SubOrchestrationOptions(instanceId: context.InstanceId + ":child"));
            }
            catch (TaskFailedException failed)
            {
                return $"child failed: {failed.FailureDetails.ErrorType}: {failed.FailureDetails.ErrorMessage}";
            }
        }
    }

    public sealed class Child : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input) => input switch
        {
            "fail" => throw new InvalidOperationException("no such luck"),
            "wait" => await context.WaitForExternalEvent<string>("go"),
            _ => $"{input} of {context.Parent?.InstanceId}",
        };
    }

    public sealed class Waits : TaskOrchestrator<string[], string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string[] input)
        {
            List<string> heard = [];
            foreach (var name in input)
            {
                heard.Add(await context.WaitForExternalEvent<string>(name));
            }

            return string.Join(',', heard);
        }
    }

    public sealed class Sleeps : TaskOrchestrator<TimeSpan, TimeSpan>
    {
        public override async Task<TimeSpan> RunAsync(TaskOrchestrationContext context, TimeSpan input)
        {
            var begin = context.CurrentUtcDateTime;
            await context.CreateTimer(input, CancellationToken.None);
            return context.CurrentUtcDateTime - begin;
        }
    }

    // Takes one event a generation and carries the rest over.
    public sealed class Mailbox : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            var heard = (input ?? "") + await context.WaitForExternalEvent<string>("letter");
            if (heard.Length < 4)
            {
                context.ContinueAsNew(heard);
            }

            return heard;
        }
    }

    public sealed class Sender : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            context.SendEvent(input, "GO", "from " + context.InstanceId);
            return Task.FromResult("sent");
        }
    }

    public sealed class Fails : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => throw new InvalidOperationException(input);
    }

    public sealed class Ids : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input)
        {
            var id = context.NewGuid();
            var same = await context.CallActivityAsync<Guid>(nameof(Echo), id);
            return id == same && id != context.NewGuid() ? "same" : "different";
        }
    }

    public sealed class Echoes : TaskOrchestrator<Everything, Everything>
    {
        public override Task<Everything> RunAsync(TaskOrchestrationContext context, Everything input) => context.CallActivityAsync<Everything>(nameof(Echo), input);
    }

    [DurableTask("Versions")]
    public sealed class VersionOne : TaskOrchestrator<string, string>
    {
        public override async Task<string> RunAsync(TaskOrchestrationContext context, string input) => "old " + await context.WaitForExternalEvent<string>("go");
    }

    [DurableTask("Versions", Version = "2")]
    public sealed class VersionTwo : TaskOrchestrator<string, string>
    {
        public override Task<string> RunAsync(TaskOrchestrationContext context, string input) => Task.FromResult("new");
    }

    public sealed class Double : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) => Task.FromResult(2 * input);
    }

    // Fails twice for each instance that calls it.
    public sealed class Flaky : TaskActivity<string, string>
    {
        private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> Calls = new(StringComparer.Ordinal);

        public override Task<string> RunAsync(TaskActivityContext context, string input)
        {
            var call = Calls.AddOrUpdate(input, 1, (_, count) => count + 1);
            return call < 3 ? throw new TimeoutException($"call {call}") : Task.FromResult($"call {call} of {context.InstanceId}");
        }
    }

    public sealed class Refuse : TaskActivity<string, string>
    {
        public override Task<string> RunAsync(TaskActivityContext context, string input) => throw new PermanentFailureException("never");
    }

    public sealed class Echo : TaskActivity<System.Text.Json.JsonElement, System.Text.Json.JsonElement>
    {
        public override Task<System.Text.Json.JsonElement> RunAsync(TaskActivityContext context, System.Text.Json.JsonElement input) => Task.FromResult(input);
    }
}
