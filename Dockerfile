# The same artefact for plans that run containers: ./publish first, then build with this folder as context.
FROM mcr.microsoft.com/azure-functions/base:4.1037.0

ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    FUNCTIONS_WORKER_RUNTIME=custom \
    ASPNETCORE_URLS=http://+:8080 \
    WEBSITES_PORT=8080

COPY --chmod=a+rX artifacts/functionapp /home/site/wwwroot

# The host keeps its keys and logs below its home.
RUN useradd --system --create-home --uid 10001 orchestrator && mkdir -p /azure-functions-host/Secrets && chown -R orchestrator /home/site /azure-functions-host/Secrets
USER 10001
ENV HOME=/home/orchestrator

EXPOSE 8080
