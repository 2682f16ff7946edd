/** The shape of the stock templates on the worst Workers KV. */
import stock from "../../../bench/stock/index.ts";
import { withStore } from "./kv.ts";

export { StockMcp } from "../../../bench/stock/index.ts";

export default {
	fetch: (request: Request, env: Env, ctx: ExecutionContext) => stock.fetch(request, withStore(env), ctx),
};
