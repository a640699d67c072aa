// Everything that Project Orchestrator needs in one resource group. One module for each concern; no secret passes through here:
// the app proves who it is with its managed identity, and vendors' keys are read from the vault by name.
targetScope = 'resourceGroup'

@description('Short name of the environment, part of every name.')
@minLength(2)
@maxLength(8)
param environmentName string

@description('Where everything is.')
param location string = resourceGroup().location

@description('true: database, storage and vault are reachable from the app\'s network only. The deployment then has to run inside that network as well.')
param privateNetwork bool

@description('Object id of the Entra group or principal that administers the database and runs migrations.')
param databaseAdministratorId string

@description('Name of that principal, as it logs in.')
param databaseAdministratorName string

@description('Kind of that principal.')
@allowed(['Group', 'ServicePrincipal', 'User'])
param databaseAdministratorType string = 'Group'

@description('Size of the database. Its number of connections limits maximumInstanceCount.')
@allowed(['Standard_B2s', 'Standard_D2ds_v5', 'Standard_D4ds_v5', 'Standard_D8ds_v5', 'Standard_D16ds_v5'])
param databaseSize string

@description('Gibibytes; grows by itself.')
param databaseStorageGB int = 32

@description('Days for which the database can be brought back to any moment.')
@minValue(7)
@maxValue(35)
param backupRetentionDays int

@description('A copy of the backups in the paired region.')
param geoRedundantBackup bool

@description('A standby of the database: none, in the same zone, or in another one. Not with Standard_B2s.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string

@description('Memory of one instance of the app in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances of the app at one time; 40 is the least that the plan takes.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances for webhooks that are always there, so that a first message does not wait for a start.')
@minValue(0)
param alwaysReadyInstances int

@description('Who gets the alerts.')
param alertEmail string

@description('Days for which logs are kept.')
param logRetentionDays int = 30

@description('Settings of the app that are no secrets, by the names of docs/operations.md.')
param settings object = {}

@description('Settings that are secrets: the name of the setting, and of the secret in the vault.')
param vaultReferences object = {}

var suffix = uniqueString(resourceGroup().id, environmentName)
var name = 'orchestrator-${environmentName}'
var tags = { app: 'project-orchestrator', environment: environmentName }

// --- Connections ------------------------------------------------------------------------------------------------------
// What the database gives to users (the service's default for the size, less the 15 that it keeps for itself), less ten for
// operators and migrations, is shared by all instances, twice: while a new version rolls out, old and new run side by side.
var userConnections = {
  Standard_B2s: 414
  Standard_D2ds_v5: 844
  Standard_D4ds_v5: 1703
  Standard_D8ds_v5: 3422
  Standard_D16ds_v5: 4985
}[databaseSize]
var connectionsPerInstance = min(20, (userConnections - 10) / (2 * maximumInstanceCount))
// An instance needs a few: below this, requests wait for each other.
var poolSize = connectionsPerInstance >= 4
  ? connectionsPerInstance
  : fail('maximumInstanceCount is too large for databaseSize: each instance would get fewer than 4 connections')

module identity 'modules/identity.bicep' = {
  params: { name: name, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: { name: name, location: location, tags: tags, retentionDays: logRetentionDays, identityPrincipalId: identity.outputs.principalId }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: { name: name, location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: take('orch${environmentName}${suffix}', 24)
    location: location
    tags: tags
    identityPrincipalId: identity.outputs.principalId
    private: privateNetwork
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    privateZoneIds: network.?outputs.storageZoneIds ?? {}
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: take('orch-${environmentName}-${suffix}', 24)
    location: location
    tags: tags
    identityPrincipalId: identity.outputs.principalId
    private: privateNetwork
    endpointSubnetId: network.?outputs.endpointSubnetId ?? ''
    privateZoneId: network.?outputs.vaultZoneId ?? ''
  }
}

module database 'modules/database.bicep' = {
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    size: databaseSize
    storageGB: databaseStorageGB
    backupRetentionDays: backupRetentionDays
    geoRedundantBackup: geoRedundantBackup
    highAvailability: databaseHighAvailability
    administratorId: databaseAdministratorId
    administratorName: databaseAdministratorName
    administratorType: databaseAdministratorType
    private: privateNetwork
    subnetId: network.?outputs.databaseSubnetId ?? ''
    privateZoneId: network.?outputs.databaseZoneId ?? ''
    logAnalyticsId: monitoring.outputs.logAnalyticsId
  }
}

module app 'modules/app.bicep' = {
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    deploymentContainer: storage.outputs.deploymentContainer
    applicationInsightsConnection: monitoring.outputs.connectionString
    vaultUri: vault.outputs.uri
    databaseConnection: 'Host=${database.outputs.host};Database=${database.outputs.databaseName};Username=${identity.outputs.name};SSL Mode=VerifyFull;Maximum Pool Size=${poolSize}'
    subnetId: network.?outputs.appSubnetId ?? ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    settings: settings
    vaultReferences: vaultReferences
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    email: alertEmail
    appId: app.outputs.id
    readyUrl: 'https://${app.outputs.host}/health/ready'
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    storageAccountId: storage.outputs.id
    databaseId: database.outputs.id
  }
}

output appName string = app.outputs.name
output appHost string = app.outputs.host
output identityName string = identity.outputs.name
output databaseHost string = database.outputs.host
output databaseName string = database.outputs.databaseName
output databaseServerName string = database.outputs.name
output vaultName string = vault.outputs.name
@description('Connections that one instance of the app may hold.')
output poolSize int = poolSize
