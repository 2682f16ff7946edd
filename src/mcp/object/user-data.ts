/** All that a user's object stores, without the tables of the runtime and of McpAgent. */
const NOT_OURS = /^(_cf_|cf_|sqlite_)/;

function tables(sql: SqlStorage): string[] {
	return sql
		.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
		.toArray()
		.map(({ name }) => name)
		.filter((name) => !NOT_OURS.test(name));
}

/** The rows of each table. @param without names of tables to leave out */
export function readUserData(sql: SqlStorage, without: readonly string[]): Record<string, unknown[]> {
	const names = tables(sql).filter((name) => !without.includes(name));
	return Object.fromEntries(names.map((name) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray()]));
}

export function deleteUserData(sql: SqlStorage): void {
	for (const name of tables(sql)) sql.exec(`DELETE FROM "${name}"`);
}
