using 'main.bicep'

// For people who count on it: a standby in another zone, backups elsewhere, nothing on the internet but the app itself.
param environmentName = 'prod'
param privateNetwork = true
param databaseAdministratorId = readEnvironmentVariable('DATABASE_ADMINISTRATOR_ID', '00000000-0000-0000-0000-000000000000')
param databaseAdministratorName = readEnvironmentVariable('DATABASE_ADMINISTRATOR_NAME', 'orchestrator-administrators')
param databaseSize = 'Standard_D4ds_v5'
param databaseStorageGB = 128
param backupRetentionDays = 35
param geoRedundantBackup = true
param databaseHighAvailability = 'ZoneRedundant'
param maximumInstanceCount = 80
param alwaysReadyInstances = 2
param logRetentionDays = 90
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
