/** Never answers. */
process.stdin.resume();
