import 'reflect-metadata'
import { createPublicKey, type webcrypto } from 'node:crypto'
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { JwtModule, JwtService } from '@nestjs/jwt'
import { ClientProxy, ClientsModule, Transport } from '@nestjs/microservices'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { map, type Observable } from 'rxjs'
import { type Creer, CreerDossier, creerDossier, type Lire, lireDossier } from './dossiers.js'

/** The gateway of a NestJS hub: checks the token and the body, and asks the service over NATS. */
const { PORT, NATS_SERVERS, NATS_USER, NATS_PASSWORD, ISSUER, JWKS_URL, AUDIENCE } = process.env

interface Asking {
  readonly headers: { readonly authorization?: string }
  usagerId: string
}

@Injectable()
class TokenGuard implements CanActivate {
  constructor(private readonly tokens: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Asking>()
    const [scheme, token] = request.headers.authorization?.split(' ') ?? []
    if (scheme !== 'Bearer' || !token) throw new UnauthorizedException()
    try {
      const { sub } = await this.tokens.verifyAsync<{ sub: string }>(token)
      request.usagerId = sub
      return true
    } catch {
      throw new UnauthorizedException()
    }
  }
}

@Controller('dossiers')
@UseGuards(TokenGuard)
class DossiersController {
  constructor(@Inject('DEMARCHES') private readonly demarches: ClientProxy) {}

  @Get(':id')
  lire(@Param('id', ParseUUIDPipe) id: string, @Req() { usagerId }: Asking): Observable<object> {
    return this.demarches.send<object | null, Lire>(lireDossier, { id, usagerId }).pipe(
      map((dossier) => {
        if (dossier === null) throw new NotFoundException()
        return dossier
      }),
    )
  }

  @Post()
  creer(@Body() dossier: CreerDossier, @Req() { usagerId }: Asking): Observable<object> {
    return this.demarches.send<object, Creer>(creerDossier, { dossier, usagerId })
  }
}

const jwks = (await (await fetch(JWKS_URL!)).json()) as { keys: (webcrypto.JsonWebKey & { use: string })[] }
const key = createPublicKey({ key: jwks.keys.find(({ use }) => use === 'sig')!, format: 'jwk' })

@Module({
  imports: [
    JwtModule.register({
      publicKey: key.export({ type: 'spki', format: 'pem' }) as string,
      verifyOptions: { algorithms: ['RS256'], issuer: ISSUER!, audience: AUDIENCE! },
    }),
    ClientsModule.register([
      {
        name: 'DEMARCHES',
        transport: Transport.NATS,
        options: { servers: NATS_SERVERS!.split(','), user: NATS_USER!, pass: NATS_PASSWORD! },
      },
    ]),
  ],
  controllers: [DossiersController],
})
class GatewayModule {}

const app = await NestFactory.create<NestFastifyApplication>(GatewayModule, new FastifyAdapter(), {
  logger: ['warn', 'error'],
})
app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }))
await app.listen(Number(PORT), '127.0.0.1')
process.stdout.write('ready\n')
