/** Uploads: ask for a place, put the bytes there, complete. Downloads are addresses that the browser may follow. */

import type { MediaApi, UploadOptions } from './api.js';
import { AiimError } from './errors.js';
import type { RestApi } from './rest.js';
import type { MediaDownload, MediaMetadata } from './types.js';

export class Media implements MediaApi {
  constructor(
    private readonly api: RestApi,
    private readonly fetch: typeof globalThis.fetch,
    /** What relative upload addresses are relative to. */
    private readonly baseUrl: string,
  ) {}

  async upload(conversationId: string, data: Blob | Uint8Array, options: UploadOptions = {}): Promise<MediaMetadata> {
    const { signal } = options;
    const blob = data instanceof Blob ? data : new Blob([data.slice()]);
    const bytes = await blob.arrayBuffer();
    const name = options.filename ?? (data as { name?: unknown }).name;
    const token = await this.api.createUpload(
      {
        conversation_id: conversationId,
        filename: typeof name === 'string' && name !== '' ? name : 'file',
        content_type: options.contentType ?? (blob.type || 'application/octet-stream'),
        file_size: bytes.byteLength,
      },
      { signal },
    );
    await this.put(new URL(token.upload_url, this.baseUrl).href, token.method, token.headers, bytes, signal);
    return await this.api.completeUpload(
      {
        media_id: token.media_id,
        conversation_id: conversationId,
        file_hash: await sha256(bytes),
        file_size: bytes.byteLength,
      },
      { signal },
    );
  }

  download(mediaId: string): Promise<MediaDownload> {
    return this.api.getDownload(mediaId);
  }

  metadata(mediaId: string): Promise<MediaMetadata> {
    return this.api.getMedia(mediaId);
  }

  delete(mediaId: string): Promise<void> {
    return this.api.deleteMedia(mediaId);
  }

  /** No token goes along: the address itself is the permission, and may be another host's. */
  private async put(
    url: string,
    method: string,
    headers: Readonly<Record<string, string>>,
    body: ArrayBuffer,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let response: Response;
    try {
      response = await this.fetch(url, { method, headers, body, signal: signal ?? null, credentials: 'omit' });
    } catch (cause) {
      if (signal?.aborted) throw new AiimError('aborted', 'The upload was aborted.', { cause });
      throw new AiimError('network', 'The upload broke off.', { cause });
    }
    if (!response.ok) {
      const code = response.status === 413 ? 'too_large' : response.status >= 500 ? 'unavailable' : 'invalid_request';
      throw new AiimError(code, `The upload was refused (${response.status}).`, { status: response.status });
    }
  }
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
