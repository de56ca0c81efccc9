// Orders work from BullMQ, waits until it is done, and prints what was measured as one line of JSON.
//
//   bench.js tasks COUNT RATE SECONDS       a backlog of COUNT tasks that do nothing; then RATE a second for SECONDS
//   bench.js pictures COUNT FILE FOLDER     COUNT times the variants of a picture
import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import sharp from "sharp";

const PROCESSES = 2;
const NAME = "work";
const connection = new Redis(process.env.BENCH_REDIS_URL, { maxRetriesPerRequest: null });
const options = { removeOnComplete: true, removeOnFail: true };
const now = () => performance.timeOrigin + performance.now();
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// In a worker's process ------------------------------------------------------------------------------------------------

const nothing = async ({ stamp }, begun) => [stamp, begun];

const picture = async ({ path, folder, number }, begun) => {
    // Decoded once and no larger than needed; the thumbnail is made from the preview's pixels.
    const fit = { fit: "inside", withoutEnlargement: true };
    const { data, info } = await sharp(path).rotate().resize(1280, 1280, fit).raw().toBuffer({ resolveWithObject: true });
    const pixels = { raw: { width: info.width, height: info.height, channels: info.channels } };
    const save = (image, name) => image.jpeg({ quality: 82 }).toFile(`${folder}/${number}-${name}.jpg`);
    await save(sharp(data, pixels), "preview");
    await save(sharp(data, pixels).resize(256, 256, fit), "thumbnail");
    return [begun, begun];
};

const work = (concurrency) => {
    sharp.concurrency(1);
    const act = { nothing, picture };
    let started = [];
    const tell = () => {
        if (started.length > 0) process.send(started);
        started = [];
    };
    setInterval(tell, 20);
    // It does not outlive the one that orders.
    process.on("disconnect", () => process.exit(0));
    const worker = new Worker(NAME, async (job) => {
        const stamps = await act[job.name](job.data, now());
        started.push(stamps);
    }, { connection, concurrency });
    worker.on("error", (error) => console.error(error));
    worker.on("failed", (_, error) => console.error(error));
};

// In the one that orders ------------------------------------------------------------------------------------------------

const startWorkers = (concurrency) => {
    const started = [];
    const start = () => {
        const child = fork(fileURLToPath(import.meta.url), ["work", String(concurrency)]);
        child.on("message", (stamps) => started.push(...stamps));
        return child;
    };
    return { children: Array.from({ length: PROCESSES }, start), started };
};

const until = async (started, count) => {
    const deadline = now() + 300_000;
    while (started.length < count) {
        if (now() > deadline) throw new Error(`${started.length} of ${count} tasks were done in time`);
        await pause(10);
    }
    return started.splice(0);
};

const at = (values, quantile) => {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(Math.floor(sorted.length * quantile), sorted.length - 1)];
};

const tasks = async (queue, count, rate, seconds) => {
    for (let made = 0; made < count; made += 1_000) {
        const bulk = Array.from({ length: Math.min(1_000, count - made) }, () => ({
            name: "nothing", data: { stamp: now() }, opts: options,
        }));
        await queue.addBulk(bulk);
    }
    const { children, started } = startWorkers(100);
    const begun = (await until(started, count)).map(([, begin]) => begin);
    const first = now() + 500;
    for (let number = 0; number < rate * seconds; number += 1) {
        const due = first + (number * 1_000) / rate;
        if (due > now()) await pause(due - now());
        queue.add("nothing", { stamp: due }, options).catch((error) => console.error(error));
    }
    const waits = (await until(started, rate * seconds)).map(([stamp, begin]) => begin - stamp);
    children.forEach((child) => child.kill());
    const span = begun.reduce((a, b) => Math.max(a, b)) - begun.reduce((a, b) => Math.min(a, b));
    return {
        tasks_per_second: (count * 1_000) / span,
        wait_p50_ms: at(waits, 0.5),
        wait_p99_ms: at(waits, 0.99),
    };
};

const busy = (children) => children.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(")").at(-1).trim().split(/\s+/);
    return (Number(fields[11]) + Number(fields[12])) / 100;
}).reduce((a, b) => a + b);

const peak = (children) => children.map(({ pid }) => {
    const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(kibibytes) / 1024;
}).reduce((a, b) => a + b);

const pictures = async (queue, count, path, folder) => {
    const { children, started } = startWorkers(1);
    const order = (number) => ({ name: "picture", data: { path, folder, number }, opts: options });
    const orders = (length) => Array.from({ length }, (_, number) => order(number));
    // The first ones load what is needed.
    await queue.addBulk(orders(2 * PROCESSES));
    await until(started, 2 * PROCESSES);
    const [begin, before] = [now(), busy(children)];
    await queue.addBulk(orders(count));
    await until(started, count);
    const [seconds, taken] = [(now() - begin) / 1_000, busy(children) - before];
    const peak_mib = peak(children);
    children.forEach((child) => child.kill());
    return { pictures_per_second: count / seconds, pictures_per_core_second: count / taken, peak_mib };
};

const [what, ...rest] = process.argv.slice(2);
if (what === "work") {
    work(Number(rest[0]));
} else {
    const queue = new Queue(NAME, { connection });
    const [count, second, third] = rest;
    const measured = what === "tasks"
        ? await tasks(queue, Number(count), Number(second), Number(third))
        : await pictures(queue, Number(count), second, third);
    console.log(JSON.stringify(measured));
    await queue.close();
    process.exit(0);
}
