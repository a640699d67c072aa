// The private option: one network, a subnet each for the app, the database and the private endpoints, and the names by which they are found.
param name string
param location string
param tags object

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${name}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/16'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.20.0.0/22'
          delegations: [{ name: 'app', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'database'
        properties: {
          addressPrefix: '10.20.4.0/28'
          delegations: [{ name: 'database', properties: { serviceName: 'Microsoft.DBforPostgreSQL/flexibleServers' } }]
        }
      }
      { name: 'endpoints', properties: { addressPrefix: '10.20.5.0/26' } }
    ]
  }

  resource app 'subnets' existing = { name: 'app' }
  resource database 'subnets' existing = { name: 'database' }
  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

var zones = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
  database: '${name}.private.postgres.database.azure.com'
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = [
  for entry in items(zones): {
    name: entry.value
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2020-06-01' = [
  for (entry, index) in items(zones): {
    parent: zone[index]
    name: '${name}-${entry.key}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: network.id }
    }
  }
]

output appSubnetId string = network::app.id
output databaseSubnetId string = network::database.id
output endpointSubnetId string = network::endpoints.id
output storageZoneIds object = {
  blob: resourceId('Microsoft.Network/privateDnsZones', zones.blob)
  queue: resourceId('Microsoft.Network/privateDnsZones', zones.queue)
  table: resourceId('Microsoft.Network/privateDnsZones', zones.table)
}
output vaultZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.vault)
output databaseZoneId string = resourceId('Microsoft.Network/privateDnsZones', zones.database)
