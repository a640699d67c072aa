// PostgreSQL: projects, messages, gates, audit. Entra only, no password; backups; optionally a standby and a private network.
param name string
param location string
param tags object
param size string
param storageGB int
param backupRetentionDays int
param geoRedundantBackup bool
param highAvailability string
param administratorId string
param administratorName string
param administratorType string
@description('false: a public address, which lets in only what the firewall names.')
param private bool
param subnetId string
param privateZoneId string
param logAnalyticsId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: size, tier: startsWith(size, 'Standard_B') ? 'Burstable' : 'GeneralPurpose' }
  properties: {
    version: '16'
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: tenant().tenantId }
    storage: { storageSizeGB: storageGB, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: backupRetentionDays, geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled' }
    highAvailability: { mode: highAvailability }
    network: private
      ? { delegatedSubnetResourceId: subnetId, privateDnsZoneArmResourceId: privateZoneId, publicNetworkAccess: 'Disabled' }
      : { publicNetworkAccess: 'Enabled' }
    maintenanceWindow: { customWindow: 'Enabled', dayOfWeek: 0, startHour: 3, startMinute: 0 }
  }

  resource administrator 'administrators' = {
    name: administratorId
    properties: {
      principalName: administratorName
      principalType: administratorType
      tenantId: tenant().tenantId
    }
  }

  resource orchestrator 'databases' = {
    name: 'orchestrator'
    properties: { charset: 'UTF8', collation: 'en_US.utf8' }
    dependsOn: [administrator]
  }

  // The service's way to say "from inside Azure": the plan has no fixed addresses. Who comes in still needs a role.
  resource azure 'firewallRules' = if (!private) {
    name: 'azure'
    properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
    dependsOn: [orchestrator]
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'logs'
  scope: server
  properties: {
    workspaceId: logAnalyticsId
    logs: [{ category: 'PostgreSQLLogs', enabled: true }]
  }
}

output id string = server.id
output name string = server.name
output host string = server.properties.fullyQualifiedDomainName
output databaseName string = server::orchestrator.name
