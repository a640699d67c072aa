using 'main.bicep'

// A place to try things: small, public addresses, no standby. Ids come from the environment of whoever deploys.
param environmentName = 'dev'
param privateNetwork = false
param databaseAdministratorId = readEnvironmentVariable('DATABASE_ADMINISTRATOR_ID', '00000000-0000-0000-0000-000000000000')
param databaseAdministratorName = readEnvironmentVariable('DATABASE_ADMINISTRATOR_NAME', 'orchestrator-administrators')
param databaseSize = 'Standard_B2s'
param backupRetentionDays = 7
param geoRedundantBackup = false
param databaseHighAvailability = 'Disabled'
param alwaysReadyInstances = 0
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', 'operator@example.com')
param settings = {
  TELEGRAM_UPDATES: 'webhook'
  LOG_LEVEL: 'INFO'
}
param vaultReferences = {
  TELEGRAM_BOT_TOKEN: 'telegram-bot-token'
  TELEGRAM_WEBHOOK_SECRET: 'telegram-webhook-secret'
  ANTHROPIC_API_KEY: 'anthropic-api-key'
}
