/** The key with which the providers of the tests sign, and one that only claims to be theirs. */
import { decodeJwt, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

const KEY_ID = "provider-key";

async function makeKey() {
	const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
	const names = { kid: KEY_ID, alg: "RS256", use: "sig" };
	return {
		privateKey,
		jwk: { ...(await exportJWK(privateKey)), ...names },
		publicJwk: { ...(await exportJWK(publicKey)), ...names },
	};
}

export class SigningKeys {
	readonly #provider: Awaited<ReturnType<typeof makeKey>>;
	readonly #forger: Awaited<ReturnType<typeof makeKey>>;

	private constructor(provider: Awaited<ReturnType<typeof makeKey>>, forger: Awaited<ReturnType<typeof makeKey>>) {
		this.#provider = provider;
		this.#forger = forger;
	}

	static async make(): Promise<SigningKeys> {
		return new SigningKeys(await makeKey(), await makeKey());
	}

	get privateJwk(): JWK {
		return this.#provider.jwk;
	}

	get publicJwks(): { keys: JWK[] } {
		return { keys: [this.#provider.publicJwk] };
	}

	sign(claims: JWTPayload, isForged = false): Promise<string> {
		const { privateKey } = isForged ? this.#forger : this.#provider;
		return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: KEY_ID, typ: "JWT" }).sign(privateKey);
	}

	/** The same token with other claims, null for none, or by another signer. */
	resign(token: string, changes: Readonly<Record<string, unknown>> = {}, isForged = false): Promise<string> {
		const claims = Object.entries({ ...decodeJwt(token), ...changes }).filter(([, value]) => value !== null);
		return this.sign(Object.fromEntries(claims), isForged);
	}
}
