using DurableTask;

namespace DurableTask.PostgreSql;

internal static class Z { public static IServiceCollection AddPostgresTaskHub(this IServiceCollection s, DurableTaskRegistry r) => s; }
