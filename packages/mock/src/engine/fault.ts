/** MLflow's names of what goes wrong, with the status and the class that its server sends along. */
const kinds = {
  BAD_REQUEST: [400, "INVALID_PARAMETER_VALUE"],
  INVALID_PARAMETER_VALUE: [400, "INVALID_PARAMETER_VALUE"],
  RESOURCE_ALREADY_EXISTS: [400, "RESOURCE_ALREADY_EXISTS"],
  RESOURCE_DOES_NOT_EXIST: [404, "RESOURCE_NOT_FOUND"],
  INTERNAL_ERROR: [500, "CLIENT_INTERNAL_ERROR"],
  INVALID_STATE: [500, "CLIENT_INTERNAL_ERROR"],
  NOT_IMPLEMENTED: [501, "UNSUPPORTED_OPERATION"],
} as const;

/** MLflow's name of what went wrong. */
export type FaultCode = keyof typeof kinds;

/** What the engine answers instead of a result. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return kinds[this.code][0];
  }

  /** As the server of MLflow 3.18 writes it. */
  toJSON(): object {
    const sqlstate = this.status >= 500 ? "XXM00" : "KAM00";
    return { error_code: this.code, message: this.message, sqlstate, error_class: kinds[this.code][1] };
  }
}

/** The fault that most of MLflow's checks end in. */
export function invalid(message: string): Fault {
  return new Fault("INVALID_PARAMETER_VALUE", message);
}
