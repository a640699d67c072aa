// What wakes a person. docs/operations.md says, for each, what it means and what to do.
param name string
param location string
param tags object
param email string
param appId string
param readyUrl string
param applicationInsightsId string
param storageAccountId string
param databaseId string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'orchestrator'
    enabled: true
    emailReceivers: [{ name: 'operator', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource readyProbe 'Microsoft.Insights/webtests@2022-06-15' = {
  name: '${name}-ready'
  location: location
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: '${name}-ready'
    Name: 'ready'
    Enabled: true
    Kind: 'standard'
    Frequency: 300
    Timeout: 30
    RetryEnabled: true
    Locations: [{ Id: 'emea-nl-ams-azr' }, { Id: 'us-va-ash-azr' }, { Id: 'apac-sg-sin-azr' }]
    Request: { RequestUrl: readyUrl, HttpVerb: 'GET' }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 14 }
  }
}

resource notReady 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-not-ready'
  location: 'global'
  tags: tags
  properties: {
    description: 'GET /health/ready fails from two places.'
    severity: 0
    enabled: true
    scopes: [readyProbe.id, applicationInsightsId]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readyProbe.id
      componentId: applicationInsightsId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: people.id }]
  }
}

var metrics = [
  {
    name: 'server-errors'
    description: 'The app answers with 5xx.'
    severity: 1
    scope: appId
    namespace: 'Microsoft.Web/sites'
    metric: 'Http5xx'
    aggregation: 'Total'
    threshold: 20
  }
  {
    name: 'database-cpu'
    description: 'The database computes at its limit.'
    severity: 2
    scope: databaseId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'cpu_percent'
    aggregation: 'Average'
    threshold: 80
  }
  {
    name: 'database-storage'
    description: 'The database\'s disk fills up faster than it grows.'
    severity: 1
    scope: databaseId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'storage_percent'
    aggregation: 'Average'
    threshold: 85
  }
  {
    name: 'database-connections'
    description: 'Connections to the database fail.'
    severity: 1
    scope: databaseId
    namespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
    metric: 'connections_failed'
    aggregation: 'Total'
    threshold: 20
  }
]

resource metricAlert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in metrics: {
    name: '${name}-${metric.name}'
    location: 'global'
    tags: tags
    properties: {
      description: metric.description
      severity: metric.severity
      enabled: true
      scopes: [metric.scope]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: metric.name
            metricNamespace: metric.namespace
            metricName: metric.metric
            operator: 'GreaterThan'
            threshold: metric.threshold
            timeAggregation: metric.aggregation
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]

// Messages that nobody takes: the account has no metric for one queue, so its hourly count over all queues must not stay high.
resource queues 'Microsoft.Storage/storageAccounts/queueServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: last(split(storageAccountId, '/'))
}

resource queueGrows 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-queues-grow'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages wait in the queues of the task hub and of the wake-ups.'
    severity: 1
    enabled: true
    scopes: [queues.id]
    evaluationFrequency: 'PT1H'
    windowSize: 'PT6H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'messages'
          metricNamespace: 'Microsoft.Storage/storageAccounts/queueServices'
          metricName: 'QueueMessageCount'
          operator: 'GreaterThan'
          threshold: 5000
          timeAggregation: 'Average'
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}

// What the app itself gave up on and wrote into its log.
var findings = [
  {
    name: 'parked'
    description: 'A message or an instance was set aside.'
    severity: 2
    query: 'traces | where message has "parked" and severityLevel >= 2'
  }
  {
    name: 'failed-instances'
    description: 'A durable instance failed.'
    severity: 2
    query: 'traces | where customDimensions.Category == "Host.Triggers.DurableTask" and message has "failed" and severityLevel >= 3'
  }
]

resource finding 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for entry in findings: {
    name: '${name}-${entry.name}'
    location: location
    tags: tags
    properties: {
      displayName: entry.name
      description: entry.description
      severity: entry.severity
      enabled: true
      scopes: [applicationInsightsId]
      evaluationFrequency: 'PT15M'
      windowSize: 'PT15M'
      criteria: {
        allOf: [{ query: entry.query, timeAggregation: 'Count', operator: 'GreaterThan', threshold: 0 }]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]
