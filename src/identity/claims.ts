/** Claims by name. */

type Claims = Readonly<Record<string, unknown>>;

/** Whether there is a claim of this name, which may also be a path, such as `realm_access.roles`. */
export function hasClaim(claims: Claims, name: string): boolean {
	return find(claims, name) !== undefined;
}

/** The values of a claim: text, or a list of texts. Everything else is no value. */
export function claimIn(claims: Claims, name: string): string[] {
	return [find(claims, name)].flat().filter((value) => typeof value === "string");
}

function find(claims: Claims, name: string): unknown {
	if (Object.hasOwn(claims, name)) return claims[name];
	return name
		.split(".")
		.reduce<unknown>((part, key) => (Object.hasOwn(Object(part), key) ? Object(part)[key] : undefined), claims);
}
