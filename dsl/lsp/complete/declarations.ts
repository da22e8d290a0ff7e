/** Whole declarations with places to fill in, between declarations. */
import { KEYWORD_HELP } from '../keyword-help.ts'
import { type Item, places } from './item.ts'

const TEMPLATES: Readonly<Record<string, string>> = {
  policy: 'policy "«Name»" version «1.0»',
  owner: 'owner "«team»"',
  schema: 'schema «Name» {\n  «field»: «text»\n}',
  tool: 'tool «name»(«field»: «text») returns «text» { «reads only|external» }',
  message: 'message «name» { «text»: «text» }',
  agent: 'agent «name» {\n  may call «tool»\n  at most «100» steps per conversation\n}',
  words: 'words «name» are "«word»"',
  detector: 'detector «name» over text { cost «0.001 USD», within «1 second», threshold «0.7» }',
  table: 'table «name» by «key» {\n  "«value»": «1»\n}',
  group: 'group «name» is «tool»',
  fact: 'fact «name» is «agent» «calls» «tool»',
  rule: 'rule "«What holds»" {\n  when «anyone» calls «tool»\n  then «deny|warn|allow»\n  because "«Section of the manual»"\n}',
  consistency:
    'consistency "«What holds»" {\n  «second» needs an earlier «first»\n  because "«Section of the manual»"\n}',
  flow: 'flow "«What comes from where»" {\n  «recipient» of «tool» comes only from «customer»\n}',
  use: 'use "«library»"',
  parameter: 'parameter «name»: «text», default «"value"»',
  needs: 'needs tool «name»(«field»: «text»)',
  test: 'test "«what happens»" {\n  when   «agent» calls «tool»\n  expect «allow|deny|ask|repair»\n}',
}

export function declarationItems(): readonly Item[] {
  return Object.entries(TEMPLATES).map(([label, insert]) => {
    const help = KEYWORD_HELP.get(label)
    return {
      kind: 'snippet',
      label,
      insert: places(insert),
      snippet: true,
      rank: 1,
      ...(help === undefined ? {} : { help }),
    }
  })
}
