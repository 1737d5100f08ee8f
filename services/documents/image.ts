import type { Metadata, Sharp } from 'sharp'
import type { TypeDocument } from '../../contracts/documents.ts'
import { Refusal } from '../../contracts/errors.ts'

/** Of pixels: takes the largest mode of today's telephones and an A4 page at 600 dots per inch. */
export const pixelsMax = 8192 * 6144
/** Of pixels, width or height: a WebP can have 16,383. */
export const coteMax = 16_000

export type TypeImage = Exclude<TypeDocument, 'application/pdf'>

const nom: Record<TypeImage, 'jpeg' | 'png' | 'webp'> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
}

/**
 * The same picture drawn anew from its pixels, so that nothing else of the file is left: place, device, dates,
 * author, thumbnail, comments, what follows its end. Turned upright, in sRGB, of an animation the first picture.
 * @throws Refusal `fichier-refuse` when it is cut, broken or too large; its size is read before a pixel is decoded
 */
export async function nettoyerImage(octets: Buffer, type: TypeImage): Promise<Buffer> {
  const sharp = await chargerSharp()
  try {
    const entete = await sharp(octets, { limitInputPixels: false }).metadata()
    refuserDemesure(entete)
    if (entete.format !== nom[type]) throw abimee()
    const image = sharp(octets, { limitInputPixels: pixelsMax, failOn: 'error' })
    return await dessiner(image.autoOrient(), type, entete).toBuffer()
  } catch (error) {
    throw error instanceof Refusal ? error : abimee(error)
  }
}

/**
 * Fine enough for the small print of an identity paper, colours as fine as they were. Optimised coding would hold a
 * whole JPEG in memory (of 50 million pixels: 690 MB instead of 130); more effort saves a few bytes of a WebP.
 */
function dessiner(image: Sharp, type: TypeImage, { chromaSubsampling = '4:4:4' }: Metadata): Sharp {
  if (type === 'image/png') return image.png()
  if (type === 'image/webp') return image.webp({ quality: 90, effort: 0 })
  return image.jpeg({
    quality: 90,
    chromaSubsampling: chromaSubsampling === '4:2:0' ? '4:2:0' : '4:4:4',
    optimiseCoding: false,
  })
}

function refuserDemesure({ width, height }: Metadata): void {
  if (width <= coteMax && height <= coteMax && width * height <= pixelsMax) return
  throw new Refusal(
    'fichier-refuse',
    `Le fichier est une image démesurée: ${width} × ${height} pixels. Réduisez-la à 50 millions de pixels au plus, et 16 000 de côté.`,
  )
}

function abimee(cause?: unknown): Refusal {
  const refusal = new Refusal('fichier-refuse', 'Le fichier est une image incomplète ou abîmée.')
  refusal.cause = cause
  return refusal
}

/** Only when the first image comes; of its decoders only three, for bytes in memory; nothing is kept between images. */
async function chargerSharp() {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
  })
  return sharp
}
