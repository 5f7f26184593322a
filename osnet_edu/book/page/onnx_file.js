// What an ONNX file says of itself, read without an engine: a file is a protobuf message, and only a few of its fields
// matter here.

export const NOT_ONNX = "This is not an ONNX file, or not a whole one.";

const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5; // how protobuf writes a field
const GRAPH = 7, METADATA = 14; // of a model
const INITIALIZER = 5, INPUT = 11, OUTPUT = 12; // of a graph
const TENSOR_NAME = 8;

// file: Uint8Array.  Returns: {inputs, outputs: [{name, type, dims}], fixed: names of inputs with a value of their own
// and of weights, metadata: {key: text}}; type is ONNX's number, a dim is a number, or a text where it is free.
// Throws: an Error with a sentence where it is not an ONNX file.
export function described(file) {
  const found = { inputs: [], outputs: [], fixed: new Set(), metadata: {} };
  let graphs = 0;
  for (const field of fields(file)) {
    if (field.number === METADATA && field.bytes) {
      const [key, value] = [1, 2].map((number) => text(last(field.bytes, number)?.bytes));
      found.metadata[key] = value;
    }
    if (field.number !== GRAPH || !field.bytes) continue;
    graphs += 1;
    for (const part of fields(field.bytes)) {
      if (part.number === INITIALIZER) found.fixed.add(text(last(part.bytes, TENSOR_NAME)?.bytes));
      if (part.number === INPUT) found.inputs.push(valueInfo(part.bytes));
      if (part.number === OUTPUT) found.outputs.push(valueInfo(part.bytes));
    }
  }
  if (graphs !== 1 || !found.outputs.length) throw new Error(NOT_ONNX);
  return found;
}

// The same file without the value that an input has when it is left out: onnxruntime-web knows no such input.
export function required(file, name) {
  const kept = [];
  for (const field of fields(file)) {
    if (field.number !== GRAPH) {
      kept.push(field.whole);
      continue;
    }
    const isValue = (part) => part.number === INITIALIZER && text(last(part.bytes, TENSOR_NAME)?.bytes) === name;
    const parts = [...fields(field.bytes)].filter((part) => !isValue(part)).map((part) => part.whole);
    const graph = joined(parts);
    kept.push(Uint8Array.from([(GRAPH << 3) | BYTES, ...varint(graph.length)]), graph);
  }
  return joined(kept);
}

function valueInfo(bytes) {
  const tensor = last(last(bytes, 2)?.bytes, 1)?.bytes; // a type, and of it a tensor's
  const shape = last(tensor, 2)?.bytes;
  const dims = shape ? [...fields(shape)].map((dim) => last(dim.bytes, 1)?.value ?? text(last(dim.bytes, 2)?.bytes)) : [];
  return { name: text(last(bytes, 1)?.bytes), type: last(tensor, 1)?.value ?? 0, dims };
}

function last(bytes, number) {
  return bytes && [...fields(bytes)].filter((field) => field.number === number).pop();
}

function* fields(message) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (at >= message.length || shift > 2 ** 63) throw new Error(NOT_ONNX);
      const byte = message[at++];
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const start = at, tag = number(), wire = tag % 8;
    const field = { number: Math.floor(tag / 8) };
    if (wire === VARINT) field.value = number();
    else if (wire === BYTES) {
      const length = number();
      field.bytes = message.subarray(at, at + length);
      at += length;
    } else if (wire === FIXED64 || wire === FIXED32) at += wire === FIXED64 ? 8 : 4;
    else throw new Error(NOT_ONNX);
    if (at > message.length || field.number === 0) throw new Error(NOT_ONNX);
    field.whole = message.subarray(start, at);
    yield field;
  }
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function text(bytes) {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
