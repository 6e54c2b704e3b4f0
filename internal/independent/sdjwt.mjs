// Opens every event of an unpacked bundle with @sd-jwt/core, a library that was not written here, as README.txt asks:
// node sdjwt.mjs FOLDER. It prints "NNN event N disclosures", and fails where the library fails or drops a disclosure.
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { SDJwtInstance } from '@sd-jwt/core'

const folder = process.argv[2]
const { keys } = JSON.parse(readFileSync(`${folder}/keys/jwks.json`, 'utf8'))
const hasher = (data, alg) => new Uint8Array(createHash(alg.replace('-', '')).update(data).digest())
const decode = (part) => JSON.parse(Buffer.from(part, 'base64url').toString())

class Events extends SDJwtInstance {
  type = 'consent-event+sd-jwt'
}

// leaves counts what the library put into its places: the claims that the payload does not hold, and the choices.
const placed = (claims, payload) => Object.keys(claims).filter((k) => !(k in payload)).length + (claims.choices ?? []).length

for (const file of readdirSync(`${folder}/events`).filter((f) => f.endsWith('.sd-jwt')).sort()) {
  const compact = readFileSync(`${folder}/events/${file}`, 'utf8')
  const [header, payload] = compact.split('~')[0].split('.').slice(0, 2).map(decode)
  const key = createPublicKey({ key: keys.find((k) => k.kid === header.kid), format: 'jwk' })
  const events = new Events({ hasher, hashAlg: 'sha-256', verifier: (data, signature) => verify(null, Buffer.from(data), key, Buffer.from(signature, 'base64url')) })
  const { payload: claims } = await events.verify(compact)
  const inFile = compact.split('~').length - 2
  if (placed(claims, payload) !== inFile) throw new Error(`${file}: the library placed ${placed(claims, payload)} of ${inFile} disclosures`)
  console.log(`${file.slice(0, 3)} ${claims.event} ${inFile} disclosures`)
}
