/** Value of a polynomial, highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let value = 0;
  for (const coefficient of coefficients) value = value * x + coefficient;
  return value;
}

const ERF_SMALL = {
  over: [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  under: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
};
const ERFC_MIDDLE = {
  over: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
    1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  under: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597, 4362.619090143247,
    3439.3676741437216, 1230.3393548037495,
  ],
};
const ERFC_LARGE = {
  over: [0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275, 0.0006587491615298378],
  under: [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918],
};

/** 1 - erf(x) for x >= 0, to about 1e-15 relative. */
function erfcPositive(x: number): number {
  if (x <= 0.46875) return 1 - (x * polynomial(x * x, ERF_SMALL.over)) / polynomial(x * x, ERF_SMALL.under);
  const tail = Math.exp(-x * x);
  if (x <= 4) return (tail * polynomial(x, ERFC_MIDDLE.over)) / polynomial(x, ERFC_MIDDLE.under);
  const square = 1 / (x * x);
  const rest = (square * polynomial(square, ERFC_LARGE.over)) / polynomial(square, ERFC_LARGE.under);
  return (tail * (1 / Math.sqrt(Math.PI) - rest)) / x;
}

/**
 * Probability that a standard normal variable is at most x.
 *
 * @see Cody 1969, Rational Chebyshev approximations for the error function
 */
export function normalCdf(x: number): number {
  const half = 0.5 * erfcPositive(Math.abs(x) / Math.SQRT2);
  return x > 0 ? 1 - half : half;
}

const CENTRE = {
  over: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513, 133.14166789178438,
    3.3871328727963665,
  ],
  under: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579, 42.31333070160091,
    1,
  ],
};
const FLANK = {
  over: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045, 5.769497221460691,
    4.630337846156546, 1.4234371107496835,
  ],
  under: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851, 1.6763848301838038,
    2.053191626637759, 1,
  ],
};
const TAIL = {
  over: [
    2.0103343992922881e-7, 0.000027115555687434876, 0.0012426609473880784, 0.026532189526576124, 0.29656057182850487, 1.7848265399172913,
    5.463784911164114, 6.657904643501103,
  ],
  under: [
    2.0442631033899397e-15, 1.421511758316446e-7, 0.000018463183175100548, 0.0007868691311456133, 0.014875361290850615, 0.1369298809227358,
    0.599832206555888, 1,
  ],
};

/**
 * The x with `normalCdf(x)` = p, to about 1e-15; -Infinity and Infinity at 0 and 1, NaN outside.
 *
 * @see Wichura 1988, algorithm AS 241
 */
export function normalInverse(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, CENTRE.over)) / polynomial(r, CENTRE.under);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const [part, x] = r <= 5 ? [FLANK, r - 1.6] : [TAIL, r - 5];
  const size = polynomial(x, part.over) / polynomial(x, part.under);
  return q < 0 ? -size : size;
}
