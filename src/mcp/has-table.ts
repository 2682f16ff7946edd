/** Whether an object's database has a table. Reads must not create one, so that an unused object stores nothing. */
export function hasTable(sql: SqlStorage, name: string): boolean {
	return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
}
