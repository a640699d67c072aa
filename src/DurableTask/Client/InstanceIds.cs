namespace DurableTask;

internal static class InstanceIds
{
    public const int MaxLength = 450;

    // Found here, it is the caller's exception; found by the store, it would be a step that never succeeds.
    public static void Check(string instanceId)
    {
        if (!IsPossible(instanceId))
        {
            throw new ArgumentException($"An instance id has 1 to {MaxLength} characters, no control characters and no half of a surrogate pair.", nameof(instanceId));
        }
    }

    // Of another one no store can know anything.
    public static bool IsPossible(string instanceId) => instanceId.Length is > 0 and <= MaxLength && !instanceId.Any(char.IsControl) && IsText(instanceId);

    private static bool IsText(string text)
    {
        for (var n = 0; n < text.Length; n++)
        {
            if (char.IsSurrogate(text[n]) && !char.IsSurrogatePair(text, n++))
            {
                return false;
            }
        }

        return true;
    }
}
