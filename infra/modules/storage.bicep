// One account for the Functions host, the task hub, the queue of wake-ups and the package of the app. No keys: identities only.
param name string
param location string
param tags object
param identityPrincipalId string
@description('false: reachable from anywhere, by whoever has a role.')
param private bool
param endpointSubnetId string
param privateZoneIds object

// The host's leases need owner on blobs; queues and tables are the task hub's.
var roles = {
  blob: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  queue: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  table: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_ZRS' }
  properties: {
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: private ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
    }
  }

  resource queues 'queueServices' = {
    name: 'default'

    // Nudges after a webhook; what keeps failing there goes to its poison queue.
    resource wakeups 'queues' = {
      name: 'wakeups'
    }
  }
}

resource mayUse 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(account.id, identityPrincipalId, role.value)
    scope: account
    properties: {
      principalId: identityPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for role in items(roles): if (private) {
    name: '${name}-${role.key}'
    location: location
    tags: tags
    properties: {
      subnet: { id: endpointSubnetId }
      privateLinkServiceConnections: [{ name: role.key, properties: { privateLinkServiceId: account.id, groupIds: [role.key] } }]
    }
  }
]

resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (role, index) in items(roles): if (private) {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: role.key, properties: { privateDnsZoneId: privateZoneIds[role.key] } }]
    }
  }
]

output id string = account.id
output name string = account.name
output deploymentContainer string = '${account.properties.primaryEndpoints.blob}${account::blobs::packages.name}'
