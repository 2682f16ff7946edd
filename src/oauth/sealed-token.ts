/**
 * Signs codes and tokens of the OAuth wrapper: `<userId>:<grantId>:<secret>~<time>.<mac>`. The time is the time of issue,
 * in seconds since the epoch, in base 36. The seal shows that a code or token was issued here, even if its record has
 * not reached every location of Workers KV yet. A made-up code or token never reaches a user's object.
 */
import { hmacKey, secretsFor } from "../auth/signing-key.ts";

export type SealedKind = "code" | "access" | "refresh";

export type Opened = {
	/** As the wrapper made it. */
	readonly token: string;
	/** Seconds since the epoch. */
	readonly issuedAt: number;
};

const encoder = new TextEncoder();
const signed = (kind: SealedKind, token: string, time: string) => encoder.encode(JSON.stringify([kind, token, time]));

export async function sealToken(kind: SealedKind, token: string, env: Env, isLocal: boolean): Promise<string> {
	const [secret] = await secretsFor("token", env, isLocal);
	const time = Math.floor(Date.now() / 1000).toString(36);
	const mac = await crypto.subtle.sign("HMAC", await hmacKey(secret), signed(kind, token, time));
	return `${token}~${time}.${new Uint8Array(mac).toBase64({ alphabet: "base64url", omitPadding: true })}`;
}

/** @returns undefined if it was not issued here, or is of another kind */
export async function openToken(
	kind: SealedKind,
	sealed: string,
	env: Env,
	isLocal: boolean,
): Promise<Opened | undefined> {
	const [, token = "", time = "", mac = ""] = /^(.+)~([0-9a-z]{1,9})\.([\w-]{43})$/.exec(sealed) ?? [];
	if (token === "") return undefined;
	const bytes = Uint8Array.fromBase64(mac, { alphabet: "base64url" });
	for (const secret of await secretsFor("token", env, isLocal)) {
		if (await crypto.subtle.verify("HMAC", await hmacKey(secret), bytes, signed(kind, token, time))) {
			return { token, issuedAt: Number.parseInt(time, 36) };
		}
	}
	return undefined;
}

/** The code or token without its seal, which is not checked. */
export function unsealed(sealed: string): string {
	return sealed.replace(/~[0-9a-z]{1,9}\.[\w-]{43}$/, "");
}
