# syntax=docker/dockerfile:1
# One image, four commands: node apps/<gateway|vault|ingestor|dispatcher>/dist/main.js

FROM node:24-slim AS build
WORKDIR /otpost
# Dependencies first: they change less often than the code.
COPY package.json package-lock.json .npmrc ./
COPY apps/gateway/package.json apps/gateway/
COPY apps/vault/package.json apps/vault/
COPY apps/ingestor/package.json apps/ingestor/
COPY apps/dispatcher/package.json apps/dispatcher/
COPY apps/cli/package.json apps/cli/
COPY apps/console/package.json apps/console/
COPY libs/client/package.json libs/client/
COPY libs/otp/package.json libs/otp/
COPY libs/envelope/package.json libs/envelope/
COPY libs/code-extraction/package.json libs/code-extraction/
COPY libs/webhook-signing/package.json libs/webhook-signing/
COPY libs/contracts/package.json libs/contracts/
COPY libs/messaging/package.json libs/messaging/
COPY libs/database/package.json libs/database/
COPY libs/platform/package.json libs/platform/
RUN npm ci --ignore-scripts
COPY . .
RUN NX_DAEMON=false npx nx run-many -t build && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /otpost
COPY --from=build /otpost/package.json ./
COPY --from=build /otpost/node_modules ./node_modules
COPY --from=build /otpost/apps ./apps
COPY --from=build /otpost/libs ./libs
COPY --from=build /otpost/prisma ./prisma
COPY --from=build /otpost/deploy/compose ./deploy/compose
# Nothing of the image is writable by the one who runs it.
USER node
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OTPOST_SERVICE_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/gateway/dist/main.js"]
