return await Bench.Verbs.RunAsync(args);
