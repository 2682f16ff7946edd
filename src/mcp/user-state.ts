/**
 * The state of each user, by feature. It is stored in the user's object, and the same calls work from everywhere. A
 * feature is a class whose methods take and return values that can be cloned.
 */
import type { Change } from "./change.ts";
import { userObjectOf } from "./user-object.ts";

export type Announce = (change: Change) => void;

/** Instantiated once in a user's object, with its database and a function that notifies the user's clients. */
export type StateClass = new (sql: SqlStorage, announce: Announce) => object;
export type StateClasses = Readonly<Record<string, StateClass>>;

/** The methods of a feature, as code outside the user's object calls them. */
export type Remote<Feature> = {
	[Method in keyof Feature]: Feature[Method] extends (...args: infer Args) => infer Result
		? (...args: Args) => Promise<Awaited<Result>>
		: never;
};
export type StateOf<Classes extends StateClasses> = {
	readonly [Name in keyof Classes]: Remote<InstanceType<Classes[Name]>>;
};

/** The state in a user's object. */
export class UserState {
	readonly #classes: StateClasses;
	readonly #sql: SqlStorage;
	readonly #announce: Announce;
	readonly #features = new Map<string, object>();

	constructor(classes: StateClasses, sql: SqlStorage, announce: Announce) {
		this.#classes = classes;
		this.#sql = sql;
		this.#announce = announce;
	}

	/** @throws Error if the feature or the method does not exist */
	use(name: string, method: string, args: readonly unknown[]): unknown {
		return callMethod(this.#features.get(name) ?? this.#make(name), method, args);
	}

	#make(name: string): object {
		const Feature = Object.hasOwn(this.#classes, name) && this.#classes[name];
		if (!Feature) throw new Error(`There is no state by the name ${name}`);
		const feature = new Feature(this.#sql, this.#announce);
		this.#features.set(name, feature);
		return feature;
	}
}

/** @throws Error if there is no such method */
export function callMethod(target: object, method: string, args: readonly unknown[]): unknown {
	const called: unknown = Reflect.get(target, method);
	if (typeof called !== "function" || method === "constructor") throw new Error(`There is no method ${method}`);
	return Reflect.apply(called, target, args);
}

/** An object whose methods are called elsewhere. */
export function remote<Target>(call: (method: string, args: unknown[]) => Promise<unknown>): Remote<Target> {
	return new Proxy(Object.create(null), {
		get:
			(_target, method) =>
			(...args: unknown[]) =>
				call(String(method), args),
	});
}

/** The state of a user, for callers inside or outside the user's object. */
export function stateOf<Classes extends StateClasses>(classes: Classes, env: Env, userId: string): StateOf<Classes> {
	const features = Object.keys(classes).map((name) => [
		name,
		remote((method, args) => userObjectOf(env, userId).useState(name, method, args)),
	]);
	return Object.fromEntries(features) as StateOf<Classes>;
}
