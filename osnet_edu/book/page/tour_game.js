// The game without a page: which questions, in which order, on which side, and who is right.

export const PLAYERS = ["you", "network", "colours"];

// Numbers in [0, 1) that follow from a seed alone (mulberry32).
export function draws(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled(list, draw) {
  const made = [...list];
  for (let i = made.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [made[i], made[j]] = [made[j], made[i]];
  }
  return made;
}

// The five questions of game `number` (from 1). record: tour.json. Games that follow one another, as many as
// record.games, have no question in common. The first question is one that both could get right.
export function game(record, number) {
  const round = Math.floor((number - 1) / record.games);
  const part = (number - 1) % record.games;
  const order = draws(7919 * round + 1);
  const chosen = record.kinds.flatMap((kind) => {
    const all = shuffled(record.questions.filter((one) => one.kind === kind.name), order);
    return all.slice(part * kind.in_a_game, (part + 1) * kind.in_a_game);
  });
  const draw = draws(104729 * number + 3);
  const mixed = shuffled(chosen, draw);
  const first = mixed.findIndex((one) => one.kind !== "missed");
  const asked = [mixed[first], ...mixed.filter((_, k) => k !== first)];
  return asked.map((one) => ({ ...one, options: draw() < 0.5 ? one.options : [...one.options].reverse() }));
}

// Which side a player takes: 0 left, 1 right. by: "network" or "colours".
export const choice = (question, by) => (question.options[0][by] > question.options[1][by] ? 0 : 1);

export const truth = (question) => question.options.findIndex((option) => option.same);

// answers: sides that the visitor took, of the first questions. Returns: for each player a list of true and false.
export function marks(questions, answers) {
  const asked = questions.slice(0, answers.length);
  return {
    you: asked.map((one, k) => truth(one) === answers[k]),
    network: asked.map((one) => truth(one) === choice(one, "network")),
    colours: asked.map((one) => truth(one) === choice(one, "colours")),
  };
}

export const count = (list) => list.filter(Boolean).length;

// The number of the game in an address such as "#game=3"; null for anything else, such as a place on the page.
export function named(hash) {
  const found = /(?:^#|&)game=(\d{1,6})(?:&|$)/.exec(hash);
  return found ? Math.max(1, Number(found[1])) : null;
}
