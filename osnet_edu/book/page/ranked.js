// The sums of the metric sandbox, made in the page: what ranking.py writes beside each row and below all.

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const mean = (values) => (values.length ? values.reduce((a, b) => a + b, 0) / values.length : 0);
const JUDGED = "Compare the numbers with the task yourself: the lab says when it is solved.";

// order: for each query the gallery's photos as they stand, indices from 0.  rows: as they were, {cards, sums} each.
// Returns: {order, rows, numbers, cmc, verdict, solved}, or null where an order does not hold every photo once.
export function ranked({ order }, { rows, puzzle }) {
  const whole = (row, i) => row.length === rows[i].cards.length && new Set(row).size === row.length;
  if (!order || order.length !== rows.length || !order.every(whole)) return null;
  const found = order.map((row, q) => counted(row, rows[q].cards));
  const scored = found.filter(({ hits }) => hits.length);
  const first = scored.map(({ hits }) => hits[0]);
  const within = (rank) => mean(first.map((one) => (one <= rank ? 1 : 0)));
  return {
    order,
    rows: found.map(({ cards, hits }) => ({ cards, sums: sums(hits) })),
    numbers: [
      ["rank-1", percent(within(1))],
      ["mAP", percent(mean(scored.map(({ hits }) => precision(hits))))],
      ["mINP", percent(mean(scored.map(({ hits }) => hits.length / hits.at(-1))))],
    ],
    cmc: order[0].map((_, k) => within(k + 1)),
    verdict: puzzle ? JUDGED : "",
    solved: false,
  };
}

const precision = (hits) => mean(hits.map((rank, k) => (k + 1) / rank));

// One row.  Returns: its cards as they are now, and the ranks of its hits.
function counted(row, before) {
  const cards = before.slice();
  const hits = [];
  let rank = 0;
  row.forEach((photo) => {
    const { kind, why } = before[photo];
    if (kind !== "out") rank += 1;
    if (kind === "hit") hits.push(rank);
    cards[photo] = {
      kind,
      why: kind === "hit" ? `hit: ${hits.length}/${rank}` : why,
      rank: kind === "out" ? "left out" : `rank ${rank}`,
    };
  });
  return { cards, hits };
}

function sums(hits) {
  if (!hits.length) return "No photo here matches this query, so it counts in no mean.";
  const [count, last] = [hits.length, hits.at(-1)];
  const parts = hits.map((rank, k) => `${k + 1}/${rank}`).join(" + ");
  return (
    `AP = (${parts}) / ${count} = ${percent(precision(hits))}.  ` + `INP = ${count}/${last} = ${percent(count / last)}.`
  );
}
