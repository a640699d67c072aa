// A run of seeds takes both processors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
