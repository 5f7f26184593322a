// What the tour says, in sentences.

import { choice, truth } from "./tour_game.js";

const WAYS = [
  ["Wrong, and so is the network.", "Wrong. The network is right."],
  ["Right, and the network is wrong.", "Right. The network says so too."],
];

export const verdict = (question, side) => {
  const same = truth(question);
  return WAYS[Number(side === same)][Number(choice(question, "network") === same)];
};

// What makes this question hard.
export function why(question) {
  if (question.differs) return `The other one is a twin, the same except for the ${question.differs}.`;
  return "A count of colours takes the other photo.";
}

// Two similarities, with as many digits as they need to differ.
export function digits(one, two) {
  const short = one.toFixed(2) !== two.toFixed(2);
  return [one, two].map((value) => value.toFixed(short ? 2 : 3));
}

const whole = (share) => `${Math.round(100 * share)} %`;

// Where the orange of a map lies.
export function looked(option) {
  if (option.around > option.share)
    return `${whole(option.around)} of the orange is around the person, ${whole(option.share)} on the ${option.part}.`;
  return `${whole(option.share)} of the orange is on the ${option.part}.`;
}

export function ending(scores) {
  const { you, network, colours } = scores;
  if (you > network && you > colours) return "You tell them apart better than the network.";
  if (you === network) return "You and the network are equal.";
  if (you < network) return "The network tells them apart better than you, this time.";
  return "You are ahead of the network, and not of the colours.";
}
