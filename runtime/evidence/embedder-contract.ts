/** What every embedder keeps, whatever model stands behind it. */
import { describe, expect, test } from 'vitest'
import { type Embedder, similarity } from './embedder.ts'

export function embedderContract(name: string, embedder: Embedder): void {
  const vectorsOf = async (texts: readonly string[]): Promise<readonly Float32Array[]> => {
    const embedded = await embedder.embed(texts)
    if (embedded.kind === 'failed') throw new Error(embedded.why)
    return embedded.vectors
  }

  describe(`${name} keeps the contract of embedders`, () => {
    test('gives one vector for each text, of the promised dimensions and of length 1', async () => {
      const vectors = await vectorsOf(['A customer asks for a refund.', 'The weather is fine.'])
      expect(vectors).toHaveLength(2)
      for (const vector of vectors) {
        expect(vector).toHaveLength(embedder.dimensions)
        expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
      }
    })

    test('a text has the same vector alone and among others', async () => {
      const [alone] = await vectorsOf(['A customer asks for a refund.'])
      const [, among] = await vectorsOf(['Something else.', 'A customer asks for a refund.'])
      expect(similarity(alone!, among!)).toBeCloseTo(1, 4)
    })

    test('a text without words is the zero vector, and keeps its place', async () => {
      const [empty, text, dots] = await vectorsOf(['', 'A refund.', ' … '])
      expect(Math.hypot(...empty!, ...dots!)).toBe(0)
      expect(Math.hypot(...text!)).toBeCloseTo(1, 5)
    })

    test('nothing asked, nothing given', async () => {
      expect(await vectorsOf([])).toEqual([])
    })
  })
}
