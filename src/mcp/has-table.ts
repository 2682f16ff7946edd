/** Whether an object's database has a table: reading must not make one, so that an object that was only looked at stores nothing. */
export function hasTable(sql: SqlStorage, name: string): boolean {
	return sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
}
