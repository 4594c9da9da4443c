import { setTimeout as sleep } from "node:timers/promises";
import { createMockServer } from "@mlflow-kit/mock";
import { findMlflowPython, lazy, startMlflow } from "@mlflow-kit/testing";
import { afterAll, describe, expect, it } from "vitest";

/** The same calls to a real MLflow and to the embedded one: status, type and body must be the same. */
describe.skipIf(!findMlflowPython())("the embedded MLflow beside a real one", () => {
  const admin = { username: "admin", password: "admin-password-1234" };
  const servers = lazy(async () => {
    const real = await startMlflow();
    const mock = await createMockServer({ auth: { basic: { [admin.username]: admin.password } } });
    const close = async () => {
      await mock.close();
      await real.close();
    };
    return { sides: [side(real.url), side(mock.url)] as const, close };
  });
  afterAll(servers.close);

  interface Answer {
    status: number;
    type: string | null;
    challenge: string | null;
    body: unknown;
  }

  /** One of the two, with the ids that it has given away. */
  function side(url: URL) {
    const names = new Map<string, string>();
    /** Ids and times differ, and a real server adds the words of its database. */
    function normal(text: string): string {
      return text
        .replace(/ Error: \(sqlite3\.IntegrityError\)[\s\S]*/, "")
        .replace(/\(raised as a result of Query-invoked autoflush[^\n]*\n/, "")
        .replace(/\n\[SQL: [\s\S]*/, "")
        .replace(/\b[\da-f]{32}\b/g, "<run>")
        .replace(/^[a-z]+-[a-z]+-\d+$/, "<name>")
        .replace(/Valid keys are '\{.*\}'/, (keys) => keys.match(/\w+/g)!.sort().join(" "));
    }
    function same(value: unknown): unknown {
      if (typeof value === "string") return normal(value);
      if (typeof value === "number" && value > 1.7e12) return "<now>";
      if (Array.isArray(value)) return value.map(same);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, same(member)]));
    }
    async function call(method: string, path: string, content?: unknown, authorization = login()): Promise<Answer> {
      const fill = (text: string) => text.replace(/<(\w+)>/g, (whole, name: string) => names.get(name) ?? whole);
      const response = await fetch(new URL(fill(path), url), {
        method,
        headers: { ...(content !== undefined && { "content-type": "application/json" }), authorization },
        body: content === undefined ? undefined : fill(typeof content === "string" ? content : JSON.stringify(content)),
      });
      const text = await response.text();
      let body: unknown = text;
      try {
        body = JSON.parse(text);
      } catch {}
      return {
        status: response.status,
        type: response.headers.get("content-type"),
        challenge: response.headers.get("www-authenticate"),
        body,
      };
    }
    return { names, same, call };
  }

  function login(username = admin.username, password = admin.password): string {
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /** Makes the call on both sides, and compares. `<run>` in it is the run of that side. */
  async function compare(method: string, path: string, content?: unknown, authorization?: string): Promise<Answer> {
    const { sides } = await servers();
    const full = path.startsWith("/") ? path : `/api/2.0/mlflow/${path}`;
    const [real, mock] = [
      await sides[0].call(method, full, content, authorization),
      await sides[1].call(method, full, content, authorization),
    ];
    const [wanted, got] = [sides[0].same(real), sides[1].same(mock)];
    expect.soft(got, `${method} ${full} ${JSON.stringify(content)?.slice(0, 200)}`).toEqual(wanted);
    for (const [index, answer] of [real, mock].entries()) {
      const run = (answer.body as { run?: { info: { run_id: string } } }).run;
      if (run && path.endsWith("runs/create")) sides[index]!.names.set("run", run.info.run_id);
    }
    // The order of what is equally new is by id in both, and the ids differ.
    await sleep(2);
    return mock;
  }

  const get = (path: string) => compare("GET", path);
  const post = (path: string, content: unknown) => compare("POST", path, content);
  const id = async (name: string) =>
    ((await post("experiments/create", { name })).body as { experiment_id: string }).experiment_id;
  const newRun = (experiment_id: string, more = {}) =>
    post("runs/create", { experiment_id, run_name: "a run", start_time: 1000, ...more });

  it("outside of MLflow's API", async () => {
    await get("/health");
    await get("/version");
    await get("/nothing");
    await get("nothing");
    await get("/api/3.0/mlflow/experiments/get?experiment_id=0");
    await get("experiments/create");
    for (const path of ["/health", "/version", "/api/3.0/mlflow/server-info"]) await post(path, {});
    await get("/ajax-api/2.0/mlflow/experiments/get-by-name?experiment_name=nothing");
  });

  it("without credentials, and with wrong ones", async () => {
    for (const authorization of [
      "",
      "Basic",
      "Basic !!!",
      login().replace(/=+$/, ""),
      login("admin", "wrong"),
      login("nobody"),
    ]) {
      await compare("GET", "experiments/get?experiment_id=0", undefined, authorization);
      await compare("GET", "/version", undefined, authorization);
      await compare("GET", "/health", undefined, authorization);
      await compare("GET", "nothing", undefined, authorization);
    }
    for (const query of ["?username=admin", "?username=nobody", ""]) await get(`users/get${query}`);
    await get("users/current");
  });

  it("experiments", async () => {
    const experiment_id = await id("experiments");
    await post("experiments/create", { name: "experiments" });
    for (const name of ["", "  ", null, 5, ["a"], { b: 1 }, true, 1.5, "x".repeat(501), "é\n\u001b[1m", "é\n\u001b[1m"])
      await post("experiments/create", { name });
    for (const body of ["{}", "{no json", '"{\\"name\\":\\"double\\"}"', "[]"]) await post("experiments/create", body);
    await compare("POST", "experiments/create");
    await post("experiments/create", { name: "tagged", tags: [{ key: "a", value: "1" }, { key: "b" }], more: 1 });
    for (const tags of ["no", [{ key: "a//b" }], [{ key: "$" }], [{ key: "k".repeat(251) }], [1]])
      await post("experiments/create", { name: `tags ${JSON.stringify(tags).slice(0, 9)}`, tags });
    for (const artifact_location of ["s3://b/c", "s3://b/c#d", "runs:/x", `s3://${"x".repeat(2048)}`])
      await post("experiments/create", { name: `at ${artifact_location.slice(0, 9)}`, artifact_location });
    for (const query of [
      "",
      "?experiment_id=",
      "?experiment_id=999",
      "?experiment_id=x",
      `?experiment_id=${experiment_id}`,
    ])
      await get(`experiments/get${query}`);
    for (const query of ["", "?experiment_name=nothing", "?experiment_name=experiments"])
      await get(`experiments/get-by-name${query}`);
    for (const new_name of ["renamed", "Default", "", " ", undefined, 5])
      await post("experiments/update", { experiment_id, new_name });
    for (const tag of [
      { key: "k", value: "v" },
      { key: "k" },
      { value: "v" },
      { key: "k", value: 5 },
      { key: "l", value: "v".repeat(20_001) },
    ])
      await post("experiments/set-experiment-tag", { experiment_id, ...tag });
    await post("experiments/delete-experiment-tag", { experiment_id, key: "k" });
    await post("experiments/delete-experiment-tag", { experiment_id, key: "k" });
    await newRun(experiment_id);
    for (const step of ["delete", "delete"]) await post(`experiments/${step}`, { experiment_id });
    await get(`experiments/get?experiment_id=${experiment_id}`);
    await get("experiments/get-by-name?experiment_name=renamed");
    await get("runs/get?run_id=<run>");
    await post("experiments/create", { name: "renamed" });
    await post("experiments/update", { experiment_id, new_name: "again" });
    await post("experiments/set-experiment-tag", { experiment_id, key: "k", value: "v" });
    await newRun(experiment_id);
    for (const step of ["restore", "restore"]) await post(`experiments/${step}`, { experiment_id });
    await get("runs/get?run_id=<run>");
    for (const step of ["delete", "restore"]) await post(`experiments/${step}`, { experiment_id: "x" });
  });

  it("searches for experiments", async () => {
    for (const options of [
      ...[
        {},
        { max_results: 0 },
        { max_results: -1 },
        { max_results: 50_001 },
        { max_results: "x" },
        { max_results: "2" },
      ],
      ...[{ order_by: ["name ASC"] }, { order_by: ["name desc", "creation_time"] }, { order_by: ["experiment_id"] }],
      ...[{ order_by: ["attribute.`name`"] }, { order_by: ["nonsense"] }, { order_by: ["name SIDEWAYS"] }],
      ...[{ order_by: ["tags.x"] }, { order_by: ["metrics.x"] }, { order_by: ["a b c d"] }, { order_by: "name" }],
      ...[{ view_type: "ALL" }, { view_type: "DELETED_ONLY" }, { view_type: 3 }, { view_type: "NONSENSE" }],
      ...["bad", "zzzz", "e30=", btoa('{"offset": 1}'), btoa("no json"), 5].map((page_token) => ({ page_token })),
    ])
      await post("experiments/search", "max_results" in options ? options : { max_results: 2, ...options });
    await get("experiments/search");
    await get("experiments/search?max_results=1&order_by=name%20DESC&order_by=creation_time");
    const first = await post("experiments/search", { max_results: 1, order_by: ["name ASC"] });
    const { next_page_token } = first.body as { next_page_token: string };
    await post("experiments/search", { max_results: 1, order_by: ["name ASC"], page_token: next_page_token });
  });

  it("runs", async () => {
    const experiment_id = await id("runs");
    for (const more of [
      ...[{}, { user_id: "me" }, { start_time: "17" }, { start_time: "x" }, { start_time: 1.5 }, { start_time: null }],
      ...[{ experiment_id: "999" }, { experiment_id: "x" }, { experiment_id: 1 }, { experiment_id: undefined }],
      ...[{ run_name: undefined }, { run_name: "" }, { run_name: 5 }],
      ...[
        ["mlflow.runName", "a run"],
        ["mlflow.runName", "other"],
        ["a//b", "kept"],
      ].map(([key, value]) => ({ tags: [{ key, value }] })),
      {
        tags: [
          { key: "twice", value: "1" },
          { key: "twice", value: "2" },
        ],
      },
    ])
      await newRun(experiment_id, more);
    for (const query of ["run_id=<run>", "run_uuid=<run>", "run_id=nothing", ""]) await get(`runs/get?${query}`);
    const run_id = "<run>";
    for (const change of [
      ...[{}, { status: "FINISHED", end_time: 5, run_name: "b" }, { status: "NONSENSE" }, { status: 4 }],
      ...[{ end_time: "x" }, { run_name: "" }, { run_name: 5 }, { run_id: "nothing" }, { run_id: null }],
      ...[{ status: 0 }, { status: "3" }, { end_time: 0 }, { end_time: -1 }, { end_time: null }],
    ])
      await post("runs/update", { run_id, ...change });
    await get("runs/get?run_id=<run>");
    for (const step of ["delete", "delete"]) await post(`runs/${step}`, { run_id });
    const metric = { run_id, key: "m", value: 1, timestamp: 1 };
    const pair = { run_id, key: "k", value: "v" };
    await post("runs/log-metric", metric);
    for (const call of ["log-parameter", "set-tag", "delete-tag", "update", "log-batch"])
      await post(`runs/${call}`, pair);
    for (const run_view_type of ["DELETED_ONLY", "ALL"])
      await post("runs/search", {
        experiment_ids: [experiment_id],
        run_view_type,
        max_results: 1,
        order_by: ["end_time"],
      });
    for (const step of ["restore", "restore"]) await post(`runs/${step}`, { run_id });
    for (const step of ["delete", "restore"]) await post(`runs/${step}`, { run_id: "nothing" });
  });

  it("metrics", async () => {
    await newRun(await id("metrics"));
    for (const change of [
      ...[
        {},
        {},
        { step: 5 },
        { step: 6, value: "NaN" },
        { value: "abc" },
        { value: null },
        { value: "" },
        { value: true },
      ],
      ...[{ timestamp: -1 }, { timestamp: null }, { timestamp: "x" }, { timestamp: 1.5 }, { timestamp: "7" }],
      ...[{ step: "x" }, { step: -3 }, { step: null }, { step: 1.5 }, { run_id: "nothing" }, { run_id: null }],
      ...[null, "", ".", "..", "/a", "a/", "a//b", "a/../b", "a$b", "a:b c.d-e_f/g", "é ü", "m".repeat(251)].map(
        (key) => ({ key }),
      ),
      ...["Infinity", "-Infinity", "1.5", "1e3", "nan", "-inf", " 2", "1_0", "0x10", "."].map((value) => ({
        key: "spelled",
        value,
      })),
    ])
      await post("runs/log-metric", { run_id: "<run>", key: "m", value: 1, timestamp: 1, ...change });
    await post("runs/log-metric", {});
    const exact = '"value":1,"timestamp":9223372036854775807,"step":-9007199254740993';
    await post("runs/log-metric", `{"run_id":"<run>","key":"exact",${exact}}`);
    await post("runs/log-metric", '{"run_id":"<run>","key":"over","value":1,"timestamp":9223372036854775808}');
    for (const key of ["m", "spelled", "exact", "over", "nothing"])
      await get(`metrics/get-history?run_id=<run>&metric_key=${key}`);
    for (const query of [
      "&max_results=1",
      "&max_results=0",
      "&max_results=-1",
      "&max_results=x",
      "&max_results=100",
      "&page_token=bad",
    ])
      await get(`metrics/get-history?run_id=<run>&metric_key=m${query}`);
    for (const query of ["run_id=nothing&metric_key=m", "run_id=<run>", "metric_key=m"])
      await get(`metrics/get-history?${query}`);
    await get("runs/get?run_id=<run>");
  });

  it("parameters and tags", async () => {
    await newRun(await id("parameters"));
    for (const [call, name] of [
      ["log-parameter", "p"],
      ["set-tag", "t"],
    ])
      for (const change of [
        ...[{}, {}, { value: "2" }, { value: 'it\'s "both"' }, { value: undefined }, { value: 5 }, { value: true }],
        ...[{ key: "" }, { key: "a$b" }, { key: "k".repeat(251) }, { key: "long", value: "é".repeat(8001) }],
        ...[{ run_id: "nothing" }, { key: "none", value: null }],
      ])
        await post(`runs/${call}`, { run_id: "<run>", key: name, value: "1", ...change });
    await post("runs/set-tag", { run_id: "<run>", key: "mlflow.runName", value: "renamed" });
    await post("runs/set-tag", { run_id: "<run>", key: "mlflow.runName", value: "" });
    for (const key of ["t", "t", ""]) await post("runs/delete-tag", { run_id: "<run>", key });
    await get("runs/get?run_id=<run>");
  });

  it("batches", async () => {
    await newRun(await id("batches"));
    const many = <T>(count: number, item: (index: number) => T) => Array.from({ length: count }, (_, i) => item(i));
    const pair = (index: number) => ({ key: `k${index}`, value: `${index}` });
    const metric = (index: number) => ({ key: `m${index}`, value: index + 0.5, timestamp: index });
    await post("runs/log-parameter", { run_id: "<run>", key: "p", value: "1" });
    for (const batch of [
      ...[{}, { metrics: many(1001, metric) }, { params: many(101, pair) }, { tags: many(101, pair) }],
      { metrics: many(900, metric), params: many(60, pair), tags: many(60, pair) },
      ...[
        { params: [pair(1), pair(1)] },
        { params: [{ key: "p", value: "it's" }, pair(1)] },
        { params: [{ key: "p", value: "1" }] },
      ],
      ...[
        { metrics: [{ value: 1, timestamp: 1 }] },
        { metrics: [{ key: "k", timestamp: 1 }] },
        { metrics: [{ key: "k", value: 1 }] },
      ],
      ...[{ params: [{ value: "1" }] }, { tags: [{ value: "1" }] }, { metrics: "x" }, { params: {} }, { tags: 5 }],
      ...[{ metrics: [metric(0), { ...metric(1), timestamp: -1 }] }, { metrics: [{ ...metric(0), key: "a$b" }] }],
      ...[{ metrics: [{ ...metric(3), value: "x" }] }, { metrics: [{ ...metric(4), step: "x" }, metric(5)] }],
      ...[{ tags: [{ key: "x".repeat(251), value: "" }] }, { metrics: [metric(6)], tags: [{ key: "$", value: "" }] }],
      ...[{ run_id: "bad id!" }, { run_id: "nothing" }, { run_id: "" }, { run_id: 5 }],
      {
        metrics: [metric(0), metric(0), { ...metric(0), value: "NaN" }],
        tags: [pair(0), { key: "k0", value: "last" }],
      },
      { tags: [{ key: "mlflow.runName", value: "renamed" }], params: [{ key: "long", value: "x".repeat(6001) }] },
    ])
      await post("runs/log-batch", { run_id: "<run>", ...batch });
    for (const index of [0, 3, 4, 5, 6]) await get(`metrics/get-history?run_id=<run>&metric_key=m${index}`);
    const { body } = await get("runs/get?run_id=<run>");
    expect((body as { run: { info: object } }).run.info).toMatchObject({ run_name: "renamed" });
  });

  it("searches for runs", async () => {
    const experiment_id = await id("searches");
    for (const start_time of [2, 3, 1]) {
      await newRun(experiment_id, { start_time, run_name: `r${start_time}` });
      const value = start_time === 2 ? "NaN" : start_time;
      if (start_time > 1) await post("runs/log-metric", { run_id: "<run>", key: "m", value, timestamp: 1 });
      if (start_time > 2) await post("runs/set-tag", { run_id: "<run>", key: "t", value: "x" });
    }
    for (const options of [
      ...["start_time", "start_time ASC", "start_time desc", "attributes.start_time DESC", "`start_time` ASC"],
      ...[
        "run_name",
        "Created",
        "status",
        "metrics.m",
        "metrics.m DESC",
        "tags.t",
        "params.p",
        "tag.`t` DESC",
        "metrics.`a b` DESC",
      ],
      ...["nonsense", "nonsense.x", "start_time SIDEWAYS", "a b c d", "", "start_time ASC, end_time"],
    ]
      .map((order) => ({ order_by: [order] }))
      .concat([{ order_by: ["run_name", "start_time DESC"] }]))
      await post("runs/search", { experiment_ids: [experiment_id], ...options });
    for (const options of [
      ...[{ max_results: 0 }, { max_results: -1 }, { max_results: 50_001 }, { max_results: "x" }, { max_results: 2 }],
      ...[{ experiment_ids: [] }, { experiment_ids: undefined }, { experiment_ids: ["x"] }, { experiment_ids: "0" }],
      ...[{ experiment_ids: ["999"] }, { experiment_ids: [1] }, { run_view_type: "NONSENSE" }, { page_token: "bad" }],
      ...[{ order_by: "run_name" }, { order_by: [5] }, { page_token: btoa('{"offset": 2}') }, { filter: "" }],
    ])
      await post("runs/search", { experiment_ids: [experiment_id], ...options });
  });
});
