/** What the trial fleet is judged by: a constraint of every kind, and policies that are deployed in its place. */
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { BUNDLE_FORMAT, type Bundle } from '#runtime/deploy/bundle.ts'

/** Dollars that the payments of one conversation come to at most. */
export const CAP = 400
/** And those of all conversations within a while: little enough, and short enough, that it is met again and again. */
export const FLEET_CAP = 300
export const FLEET_WINDOW_MS = 30_000
/** Beyond it the first candidate denies a payment; the second denies those of even amounts. */
export const STRICT = 40

const CAP_OF_ALL = `consistency "Cap of all" { across the fleet  total amount of pay at most ${FLEET_CAP} USD in any ${FLEET_WINDOW_MS / 1_000} seconds }`
const POLICY = `policy "Trial" version 1
tool pay(amount: money in USD) { external, idempotent }
tool look(amount: money in USD) { reads only }
tool whisper() returns text { reads only }
tool post(text: text) { external }
message order { amount: money in USD, note: text }
message peek {}
message leak {}
message gossip {}
tool lift() { external, idempotent }
detector anger over text { cost 0.001 USD, within 2 seconds, threshold 0.7 }
message question { text: text }
message heavy {}
message note { amount: money in USD }
message thanks { amount: money in USD }
agent clerk {
  may receive order, peek, leak, gossip from customer
  may receive thanks from boss
  may call pay, look, whisper, post
  may answer customer
  may send note to boss
  may remember fact
  may recall fact
  at most 300 steps per conversation
}
agent adviser {
  may receive question, heavy from customer
  may spawn model
  may call lift
  may answer customer
}
agent boss {
  may receive note from clerk
  may send thanks to clerk
}
rule "Never much" { when clerk calls pay and amount > 90 USD then deny }
rule "Boss decides" { when clerk calls pay and amount > 60 USD then ask boss within 1 minute, otherwise deny }
rule "Thirteen is bad luck" { when clerk calls pay and amount = 13 USD then quarantine }
rule "No shouting" { when clerk receives order and note contains "!" then deny }
rule "Two lift" { when adviser calls lift then ask 2 of operations within 1 minute, otherwise deny }
rule "No anger" { when adviser receives question and anger in text then deny }
rule "Models give no orders" { when adviser answers and text contains "ignore all" then deny }
rule "Round down" { when clerk calls look and amount > 50 USD then set amount to 50 USD }
consistency "Cap" { total amount of pay at most ${CAP} USD }
${CAP_OF_ALL}
consistency "Look first" { pay needs an earlier look }
consistency "Not too fast" { pay at most 4 times in any 20 seconds }
consistency "Notes are thanked for" {
  clerk sends note is followed by boss sends thanks within 10 seconds, otherwise alert boss
}
flow "What is whispered stays inside" {
  label private on results of whisper
  private never reaches post
}
`
const FIRST = `rule "Strict" { when clerk calls pay and amount > ${STRICT} USD then deny }
consistency "Few looks" { look at most 6 times in any 1 minute }
`
const SECOND = `consistency "Notes are few" { clerk sends note at most 12 times }
consistency "Whispered first" { post needs an earlier (result of whisper) }
consistency "Not too much is heard" { (boss receives note or adviser receives question) at most 1000 times }
consistency "Thanked for soon" {
  clerk sends note is followed by boss sends thanks within 5 seconds, otherwise alert boss
}
`

function bundled(text: string): Bundle {
  const { plan, diagnostics } = compile(source(text, 'trial.parapet'))
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  const { name, version } = plan.policy
  const file = 'trial.parapet'
  return { format: BUNDLE_FORMAT, hash: plan.hash, name, version, file, text, imported: {}, cases: {} }
}

function variant(text: string) {
  const policy = bundled(text)
  const { plan } = compile(source(text, 'trial.parapet'))
  const strict = bundled(text + FIRST)
  return {
    judge: createJudge(plan!),
    policy,
    candidates: [strict, bundled(text + SECOND)],
    strict: strict.hash,
  }
}

export const WITH_LEDGER = variant(POLICY)
/** A ledger parks every order: without one, orders pass in the turn they come in. */
export const ALONE = variant(POLICY.replace(CAP_OF_ALL, ''))
