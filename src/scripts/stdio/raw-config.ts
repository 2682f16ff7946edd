/** Wrangler's configuration as it was written. The type lists the members that are read. The rest is passed on. */
type Environment = { readonly vars?: Readonly<Record<string, unknown>> };

export type RawConfig = Environment & { readonly env?: Readonly<Record<string, Environment>> };

export async function readRawConfig(path: string): Promise<RawConfig> {
	// Import it here: it loads all of Wrangler, which takes time, and most runs do not need it.
	const { experimental_readRawConfig } = await import("wrangler");
	const { rawConfig }: { rawConfig: RawConfig } = experimental_readRawConfig({ config: path });
	return rawConfig;
}
