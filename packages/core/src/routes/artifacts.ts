import type { Call, Int64, NextPage, Nothing, Repeatable } from "./call.ts";
import type { FileInfo } from "./entities.ts";

/** One part of an upload, and where it goes. */
export interface UploadCredential {
  url: string;
  part_number: Int64;
  headers?: Record<string, string>;
}

/** An address that needs no further credentials. */
export interface PresignedUrl {
  presigned_url: string;
  headers?: Record<string, string>;
}

/** Artifacts. A file is read through `client.fetch("api/2.0/mlflow-artifacts/artifacts/…")`: its bytes are no answer. */
export interface ArtifactRoutes {
  /** Lists the artifacts of a run. Repeatable: it reads. */
  "GET mlflow/artifacts/list": Call<
    {
      run_id: string;
      /** A folder, relative to the run's. */
      path?: string;
      page_token?: string;
    },
    NextPage & { root_uri: string; files?: FileInfo[] },
    true
  >;
  /** Makes an address to upload a file of a run or a model to, if its store has such. Repeatable: nothing is kept. */
  "POST mlflow/artifacts/presigned-upload-url": Call<
    {
      run_id?: string;
      model_id?: string;
      path: string;
      /** Seconds. */
      expiration?: number;
    },
    PresignedUrl,
    true
  >;
  /** Makes an address to download a file of a run from, if its store has such. Repeatable: nothing is kept. */
  "POST mlflow/artifacts/presigned-download-url": Call<
    {
      run_id: string;
      path: string;
      /** Seconds. */
      expiration?: number;
    },
    PresignedUrl & { file_size?: Int64 },
    true
  >;
  /** Lists files behind the server's artifact proxy. Repeatable: it reads. */
  "GET mlflow-artifacts/artifacts": Call<{ path?: string }, { files?: FileInfo[] }, true>;
  /** Stores the bytes in the option `body` behind the artifact proxy. Repeatable: the file is replaced. */
  "PUT mlflow-artifacts/artifacts/{+artifact_path}": Call<{ artifact_path: string }, Nothing, true>;
  /** Removes a file or a folder behind the artifact proxy. Not to be repeated: not every store forgives a missing file. */
  "DELETE mlflow-artifacts/artifacts/{+artifact_path}": Call<{ artifact_path: string }, Nothing, false>;
  /** Begins an upload in parts. Not to be repeated: each call begins another upload. */
  "POST mlflow-artifacts/mpu/create/{+artifact_path}": Call<
    {
      artifact_path: string;
      /** File name. */
      path: string;
      num_parts: number;
    },
    { upload_id?: string; credentials?: UploadCredential[] },
    false
  >;
  /** Ends an upload in parts. Not to be repeated: the upload is gone then. */
  "POST mlflow-artifacts/mpu/complete/{+artifact_path}": Call<
    {
      artifact_path: string;
      path: string;
      upload_id: string;
      parts: { part_number: number; etag: string; url?: string }[];
    },
    Nothing,
    false
  >;
  /** Gives up an upload in parts. Not to be repeated: the upload is gone then. */
  "POST mlflow-artifacts/mpu/abort/{+artifact_path}": Call<
    { artifact_path: string; path: string; upload_id: string },
    Nothing,
    false
  >;
  /** Makes an address to download a file behind the artifact proxy from. Repeatable: it reads. */
  "GET mlflow-artifacts/presigned/{+artifact_path}": Call<
    { artifact_path: string },
    { url: string; headers?: Record<string, string>; file_size?: Int64 },
    true
  >;
}

export const artifactRoutes: Repeatable<ArtifactRoutes> = {
  "GET mlflow/artifacts/list": true,
  "POST mlflow/artifacts/presigned-upload-url": true,
  "POST mlflow/artifacts/presigned-download-url": true,
  "GET mlflow-artifacts/artifacts": true,
  "PUT mlflow-artifacts/artifacts/{+artifact_path}": true,
  "DELETE mlflow-artifacts/artifacts/{+artifact_path}": false,
  "POST mlflow-artifacts/mpu/create/{+artifact_path}": false,
  "POST mlflow-artifacts/mpu/complete/{+artifact_path}": false,
  "POST mlflow-artifacts/mpu/abort/{+artifact_path}": false,
  "GET mlflow-artifacts/presigned/{+artifact_path}": true,
};
