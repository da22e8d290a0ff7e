/**
 * A sentence model of a few kilobytes, made here: one row of an embedding table for each word it knows, in the files and formats of
 * the real ones (ONNX, `tokenizer.json`), so that Transformers.js takes it for one. It knows what its words are near to and nothing else.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const TINY_DIMENSIONS = 16

/** Words of one line mean nearly the same to it. */
const NEAR = [
  'refund money back return pay',
  'broken damaged faulty wrong',
  'chair table desk lamp',
  'museum tower castle church',
  'open opens closed closes hours',
  'visa card bank account',
]
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]']
const [FLOAT, INT64] = [1, 7] as const

/** Writes `config.json`, `tokenizer.json`, `tokenizer_config.json` and `onnx/model.onnx` into the folder. */
export function writeTinyModel(folder: string): void {
  const words = NEAR.flatMap((line) => line.split(' '))
  const vocabulary = [...SPECIAL, ...words]
  const json = (name: string, value: object) => writeFileSync(join(folder, name), JSON.stringify(value))
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  json('config.json', {
    model_type: 'bert',
    architectures: ['BertModel'],
    hidden_size: TINY_DIMENSIONS,
    vocab_size: vocabulary.length,
    pad_token_id: 0,
  })
  json('tokenizer_config.json', {
    tokenizer_class: 'BertTokenizer',
    do_lower_case: true,
    model_max_length: 64,
    pad_token: '[PAD]',
    unk_token: '[UNK]',
    cls_token: '[CLS]',
    sep_token: '[SEP]',
  })
  json('tokenizer.json', {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, special('[SEP]')],
      pair: [],
      special_tokens: Object.fromEntries(
        ['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocabulary.indexOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((word, id) => [word, id])),
    },
  })
  writeFileSync(join(folder, 'onnx', 'model.onnx'), graphOf(vocabulary.map(vectorOf)))
}

const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } })

/** A direction for each line of words, and a little of its own for each word: next to nothing for one it does not know. */
function vectorOf(word: string, id: number): number[] {
  const line = NEAR.findIndex((words) => words.split(' ').includes(word))
  const own = line === -1 ? 0.01 : 0.1
  return Array.from(
    { length: TINY_DIMENSIONS },
    (_, at) => own * Math.sin((id + 1) * (at + 1)) + (at === line ? 1 : 0),
  )
}

/** `last_hidden_state = Gather(table, input_ids)`; the mask is for whoever pools. Fields by their numbers in `onnx.proto`. */
function graphOf(table: readonly (readonly number[])[]): Uint8Array {
  const floats = new Float32Array(table.flat())
  const weights = [
    ...[table.length, TINY_DIMENSIONS].map((size) => varint(1, size)),
    varint(2, FLOAT),
    text(8, 'table'),
    bytes(9, new Uint8Array(floats.buffer)),
  ]
  const node = [
    ...['table', 'input_ids'].map((name) => text(1, name)),
    text(2, 'last_hidden_state'),
    text(3, 'look-up'),
    text(4, 'Gather'),
  ]
  const graph = [
    part(1, node),
    text(2, 'tiny'),
    part(5, weights),
    ...['input_ids', 'attention_mask', 'token_type_ids'].map((name) =>
      part(11, tensor(name, INT64, ['batch', 'words'])),
    ),
    part(12, tensor('last_hidden_state', FLOAT, ['batch', 'words', TINY_DIMENSIONS])),
  ]
  // IR version 8 with operators of version 13.
  return Buffer.concat([varint(1, 8), part(7, graph), part(8, [varint(2, 13)])])
}

function tensor(name: string, type: number, shape: readonly (string | number)[]): Uint8Array[] {
  const sizes = shape.map((size) => part(1, [typeof size === 'number' ? varint(1, size) : text(2, size)]))
  return [text(1, name), part(2, [part(1, [varint(1, type), part(2, sizes)])])]
}

function varint(field: number, value: number): Uint8Array {
  return Uint8Array.of(...digits(field << 3), ...digits(value))
}

/** Seven bits a byte, the lowest first. */
function digits(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...digits(value >>> 7)]
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(...digits((field << 3) | 2), ...digits(value.length)), value])
}

const text = (field: number, value: string) => bytes(field, Buffer.from(value))
const part = (field: number, parts: readonly Uint8Array[]) => bytes(field, Buffer.concat(parts))
