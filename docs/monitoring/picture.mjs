// Draws dashboard.json as it looks over the last minutes of a running Prometheus, without Grafana:
//   node docs/monitoring/picture.mjs http://127.0.0.1:9090 15 > docs/monitoring/dashboard.svg
import { readFileSync } from 'node:fs';

const [prometheus, minutes = '60'] = process.argv.slice(2);
if (!prometheus) {
  console.error('Usage: node docs/monitoring/picture.mjs PROMETHEUS_URL [MINUTES] > FILE.svg');
  process.exit(2);
}

const { title, panels } = JSON.parse(readFileSync(new URL('dashboard.json', import.meta.url)));
const [column, row, top, gap] = [60, 26, 44, 6];
const colours = ['#3b78b8', '#d9822b', '#4a9a5c', '#b8443b', '#7b5ea7', '#7f7f7f'];
const end = Date.now() / 1000;
const step = Math.max(5, Math.round((minutes * 60) / 120));

const escape = text => String(text).replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
const text = (x, y, size, content, more = '') => `<text x="${x}" y="${y}" font-size="${size}" ${more}>${escape(content)}</text>`;

function figure(value, unit) {
  if (value === undefined || Number.isNaN(value)) return 'no data';
  if (unit === 's') return value >= 60 ? `${(value / 60).toFixed(1)} min` : value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(1)} s`;
  return value >= 1000 ? `${(value / 1000).toFixed(1)} k` : `${Number(value.toFixed(2))}`;
}

async function series({ expr, legendFormat }) {
  const query = new URLSearchParams({ query: expr, start: end - minutes * 60, end, step });
  const { status, data, error } = await (await fetch(`${prometheus}/api/v1/query_range?${query}`)).json();
  if (status !== 'success') throw new Error(`${expr}: ${error}`);
  return data.result.map(({ metric, values }) => ({
    name: legendFormat?.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '') || expr,
    points: values.map(([at, value]) => [Number(at), Number(value)]).filter(([, value]) => Number.isFinite(value)),
  })).filter(one => one.points.length > 0);
}

function chart(lines, unit, x, y, width, height) {
  const most = Math.max(...lines.flatMap(line => line.points.map(([, value]) => value)), 1e-9);
  const place = ([at, value]) => `${(x + ((at - end + minutes * 60) / (minutes * 60)) * width).toFixed(1)},${(y + height - (value / most) * height).toFixed(1)}`;
  return [
    ...[0, 0.5, 1].flatMap(part => [
      `<line x1="${x}" x2="${x + width}" y1="${y + height * (1 - part)}" y2="${y + height * (1 - part)}" stroke="#e3e3e3"/>`,
      text(x - 5, y + height * (1 - part) + 4, 10, figure(most * part, unit), 'text-anchor="end" fill="#777"'),
    ]),
    ...lines.map((line, n) => `<polyline fill="none" stroke-width="1.5" stroke="${colours[n % colours.length]}" points="${line.points.map(place).join(' ')}"/>`),
  ];
}

async function draw({ type, title: name, gridPos, targets, fieldConfig }) {
  const [x, y, width, height] = [gridPos.x * column + gap, gridPos.y * row + top + gap, gridPos.w * column - gap, gridPos.h * row - gap];
  const unit = fieldConfig.defaults.unit;
  const lines = (await Promise.all(targets.map(series))).flat();
  const frame = [`<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3" fill="#fff" stroke="#d5d5d5"/>`, text(x + 10, y + 19, 13, name, 'font-weight="600"')];
  if (type === 'stat') {
    return [...frame, text(x + width / 2, y + height - 24, 34, figure(lines[0]?.points.at(-1)[1], unit), 'text-anchor="middle" fill="#3b78b8"')];
  }

  if (lines.length === 0) return [...frame, text(x + width / 2, y + height / 2, 13, 'nothing happened', 'text-anchor="middle" fill="#999"')];
  const legend = lines.slice(0, 4).flatMap((line, n) => {
    const [left, down] = [x + 12 + (n % 2) * (width / 2 - 8), y + height - 26 + Math.floor(n / 2) * 15];
    return [`<rect x="${left}" y="${down - 8}" width="10" height="3" fill="${colours[n]}"/>`, text(left + 15, down - 3, 10, `${line.name.slice(0, 40)}  ${figure(line.points.at(-1)[1], unit)}`, 'fill="#444"')];
  });
  return [...frame, ...chart(lines, unit, x + 62, y + 32, width - 78, height - 76), ...legend];
}

const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * row + top + 2 * gap;
const drawn = (await Promise.all(panels.map(draw))).flat();
console.log(`<svg xmlns="http://www.w3.org/2000/svg" width="${24 * column + gap}" height="${height}" viewBox="0 0 ${24 * column + gap} ${height}" font-family="Helvetica, Arial, sans-serif">
<rect width="100%" height="100%" fill="#f4f5f5"/>
${text(gap + 4, 30, 20, title, 'font-weight="600"')}
${text(24 * column, 30, 12, `the last ${minutes} minutes`, 'text-anchor="end" fill="#777"')}
${drawn.join('\n')}
</svg>`);
