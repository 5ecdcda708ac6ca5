// A handler for each adapter, and the loop over the Runtime API: node functions.mjs NAME
import { entries, grouped, isPlan, pairs, plan, seen } from './mirror.mjs';

// What their documentation asks for where answers are binary.
const binary = ['application/octet-stream', 'image/png', 'font/woff2'];

const handlers = {
  'serverless-express': async () => {
    const { default: serverlessExpress } = await import('@codegenie/serverless-express');
    return serverlessExpress({ app: await express(), binarySettings: { contentTypes: binary } });
  },
  'serverless-http': async () => {
    const { default: serverless } = await import('serverless-http');
    return serverless(await express(), { binary });
  },
  fastify: async () => {
    const { default: awsLambdaFastify } = await import('@fastify/aws-lambda');
    const { default: Fastify } = await import('fastify');
    const app = Fastify();
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body));
    app.all('/*', (request, reply) => {
      const body = request.body ?? Buffer.alloc(0);
      if (isPlan(request.url)) {
        const planned = plan(body);
        for (const [name, value] of grouped(planned.headers)) reply.header(name, value);
        return reply.code(planned.status).send(planned.body);
      }
      const { method, url, headers } = request;
      return reply.type('application/json').send(seen({ method, url, headers: entries(headers), body }));
    });
    return awsLambdaFastify(app, { binaryMimeTypes: binary });
  },
  hono: async () => {
    const { Hono } = await import('hono');
    const { handle } = await import('hono/aws-lambda');
    const app = new Hono();
    app.all('*', async (c) => {
      const url = c.req.raw.url.replace(/^https?:\/\/[^/]*/, '');
      const body = await c.req.arrayBuffer();
      if (isPlan(url)) {
        const planned = plan(body);
        const headers = new Headers(planned.headers);
        return new Response([204, 304].includes(planned.status) ? null : planned.body, { status: planned.status, headers });
      }
      const headers = [...c.req.raw.headers];
      return c.body(seen({ method: c.req.method, url, headers, body }), 200, { 'content-type': 'application/json' });
    });
    return handle(app);
  },
};

async function express() {
  const { default: express } = await import('express');
  const app = express();
  app.disable('etag');
  app.disable('x-powered-by');
  app.use(express.raw({ type: () => true, limit: '10mb' }));
  app.use((request, response) => {
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (isPlan(request.url)) {
      const planned = plan(body);
      for (const [name, value] of grouped(planned.headers)) response.setHeader(name, value);
      response.statusCode = planned.status;
      return response.end(planned.body);
    }
    const { method, url } = request;
    const headers = request.rawHeaders?.length ? pairs(request.rawHeaders) : entries(request.headers);
    response.setHeader('content-type', 'application/json');
    response.end(seen({ method, url, headers, body }));
  });
  return app;
}

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const handler = await handlers[process.argv[2]]();
for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const event = await next.json();
  const context = { awsRequestId: id, callbackWaitsForEmptyEventLoop: false, getRemainingTimeInMillis: () => 30000 };
  try {
    const answer = await handler(event, context);
    await fetch(`${api}/${id}/response`, { method: 'POST', body: JSON.stringify(answer) });
  } catch (error) {
    const body = JSON.stringify({ errorMessage: String(error?.message), errorType: String(error?.name) });
    await fetch(`${api}/${id}/error`, { method: 'POST', body });
  }
}
