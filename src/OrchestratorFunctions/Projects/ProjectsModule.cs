namespace OrchestratorFunctions.Projects;

internal static class ProjectsModule
{
    public static IServiceCollection AddProjects(this IServiceCollection services) => services
        .AddSingleton<ProjectStore>()
        .AddSingleton<ProjectProgress>()
        .AddSingleton<DocumentStore>()
        .AddSingleton<PeopleStore>()
        .AddSingleton<RepositoryStore>();
}
