/**
 * What the server keeps for each user, by feature. It lives in the user's object, and is reached from anywhere by the
 * same calls: a feature is a class whose methods take and return what can be cloned.
 */
import type { Change } from "./mcp/change.ts";
import { userObjectOf } from "./mcp/user-object.ts";
import { Notes } from "./user/notes.ts";

type Announce = (change: Change) => void;

/** A new feature is one line here. */
const features = {
	notes: (sql: SqlStorage, announce: Announce) => new Notes(sql, announce),
};

type Features = { [Name in keyof typeof features]: ReturnType<(typeof features)[Name]> };
type Remote<Feature> = {
	[Method in keyof Feature]: Feature[Method] extends (...args: infer Args) => infer Result
		? (...args: Args) => Promise<Awaited<Result>>
		: never;
};
export type State = { readonly [Name in keyof Features]: Remote<Features[Name]> };

/** The state in a user's object. */
export class UserState {
	readonly #sql: SqlStorage;
	readonly #announce: Announce;
	readonly #features: Partial<Features> = {};

	constructor(sql: SqlStorage, announce: Announce) {
		this.#sql = sql;
		this.#announce = announce;
	}

	/** @throws Error for a method that the feature does not have */
	use(name: string, method: string, args: readonly unknown[]): unknown {
		if (!isFeature(name)) throw new Error(`There is no state by the name ${name}`);
		this.#features[name] ??= features[name](this.#sql, this.#announce);
		const feature = this.#features[name];
		const called: unknown = Reflect.get(feature, method);
		if (typeof called !== "function" || method === "constructor") throw new Error(`${name} has no method ${method}`);
		return Reflect.apply(called, feature, args);
	}
}

/** The state of a user, wherever the caller is. */
export function stateOf(env: Env, userId: string): State {
	const remote = (feature: string) =>
		new Proxy(Object.create(null), {
			get:
				(_target, method) =>
				(...args: unknown[]) =>
					userObjectOf(env, userId).useState(feature, String(method), args),
		});
	return Object.fromEntries(Object.keys(features).map((name) => [name, remote(name)])) as State;
}

function isFeature(name: string): name is keyof typeof features {
	return Object.hasOwn(features, name);
}
