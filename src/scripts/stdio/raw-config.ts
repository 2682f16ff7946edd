/** A configuration of Wrangler's as it was written: what is read of it, and the rest to pass on. */
type Environment = { readonly vars?: Readonly<Record<string, unknown>> };

export type RawConfig = Environment & { readonly env?: Readonly<Record<string, Environment>> };

export async function readRawConfig(path: string): Promise<RawConfig> {
	// Here, because it is all of Wrangler, and who needs no configuration of their own should not wait for it.
	const { experimental_readRawConfig } = await import("wrangler");
	const { rawConfig }: { rawConfig: RawConfig } = experimental_readRawConfig({ config: path });
	return rawConfig;
}
