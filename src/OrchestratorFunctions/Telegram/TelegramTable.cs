using System.Text;
using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace OrchestratorFunctions.Telegram;

/// <summary>A table as text in columns, since Telegram has none.</summary>
internal static class TelegramTable
{
    private const int WidestColumn = 40;

    /// <summary>The rows, one line each, the cells padded to the width of their column (columns above 40 characters are not padded).</summary>
    public static string Draw(Table table)
    {
        var rows = table.OfType<TableRow>().Select(row => row.OfType<TableCell>().Select(Text).ToList()).ToList();
        var widths = new int[rows.Select(row => row.Count).DefaultIfEmpty().Max()];
        foreach (var row in rows)
        {
            for (var column = 0; column < row.Count; column++)
            {
                widths[column] = Math.Max(widths[column], Math.Min(row[column].Length, WidestColumn));
            }
        }

        return string.Join('\n', rows.Select(row => string.Join(" | ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }

    private static string Text(TableCell cell)
    {
        var text = new StringBuilder();
        foreach (var leaf in cell.OfType<LeafBlock>())
        {
            Add(leaf.Inline, text);
        }

        return text.ToString().Trim();
    }

    private static void Add(ContainerInline? inlines, StringBuilder text)
    {
        for (var inline = inlines?.FirstChild; inline is not null; inline = inline.NextSibling)
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.ToString());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case AutolinkInline auto:
                    text.Append(auto.Url);
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.ToString());
                    break;
                case LineBreakInline:
                    text.Append(' ');
                    break;
                case LinkInline link:
                    Add(link, text);
                    text.Append(" (").Append(link.Url).Append(')');
                    break;
                case ContainerInline container:
                    Add(container, text);
                    break;
            }
        }
    }
}
