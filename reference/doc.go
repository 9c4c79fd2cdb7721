// Package reference computes scaled dot-product attention in float64, and how
// far a correct implementation of lower precision may be from it.
//
// Attend returns, for one Problem, the output and the logsumexp, and beside
// every element two lines computed for that very case from its inputs and from
// what the implementation under test declares about its Arithmetic: the bound,
// which no implementation with that arithmetic may pass, and the sharp line, a
// statistical one. An element past it and within the bound is suspicious, not
// yet wrong.
//
// What NaN, infinities, rows without a key, overflow and underflow demand of an
// implementation is written down in one place, special.go, and kept as one
// Demand an element. Result.JudgeOutput and Result.JudgeLSE hold an
// implementation's numbers against all of that.
//
// The work is done by gonum's matrix products over blocks of rows, so memory
// grows with kv_len and not with q_len*kv_len. Loops is a second
// implementation, by another route and without gonum, that checks the first.
//
// The package takes inputs as float64 that already have the values the
// implementation reads: it never rounds them, knows no storage layout but its
// own, runs no implementation, and decides nothing about a whole case.
//
// # The bound
//
// One row. s_j is the score of key j with its bias b_j, x_j = scale*q.k_j, S_j =
// |scale|*sum_d |q_d*k_jd|, m the largest score and t its key, p_j the
// probability, o the output, n the number of allowed keys. u is the unit
// roundoff of accumulators, u_s of stored scores, u_p of stored probabilities,
// u_o of the output. The exponential has the relative error A + B*|x|. There are
// nb traversal blocks, and z columns where neither q nor k_j is 0. g(k) =
// min(k, 4*sqrt(k))*u.
//
//	dot_j = u*min((z+2)*S_j, (4*sqrt(z+2) + small)*S_j + (z+2)/2*|x_j|)
//	eps_j = dot_j + u_s*(|s_j| + |x_j| with a bias) + (3.5*u + B)*(m - s_j) + A
//	        with a bias           + u*(2*|s_j| + |b_j|) + 3*u*|b_j - b_t|
//	        with a slope          + u*(3*|slope*distance| + |b_j|)
//	        with several blocks   + growth of nb-1 exponentials + u*max(|s_j|, |m|)
//	        with keys split       + u*(3*max(|s_j|, |m|) + 8*(1 + log n)) + 2*A + B*(m - s_j)
//	        with P in the sum     + u_p
//	        dequantised narrowly  + u_q*S_j, and dot_j once more times u_q
//	        and what underflows of terms and stored scores
//	h_j = exp(eps_j) - 1,  E = sum p_j*eps_j,  H = sum p_j*h_j
//	K = exp(E)*sqrt(sum p_j*h_j^2), or the same of eps_j + eps_t for j other than t and 0 for t, the smaller
//	X = min(K*sd, exp(E)*(sum p_j*h_j*|v_j| + |o|*H)),  sd^2 = sum p_j*v_j^2 - o^2
//	a = g(n + nb - 1, and 1 more for P normalised first) + lost + u_p
//	b = g(n + nb - 2) + lost
//	Y = (a*(sum p_j*|v_j| + K*sqrt(sum p_j*v_j^2)) + b*(|o| + X))/(1 - b)
//	bound = (X + Y)*(1 + u_o + 3*u) + (u_o + 3*u)*|o| + underflow
//
// Where K is more than 1/2 the row is ill-conditioned: rounding may move its
// scores by more than they differ, and a number is only held between the least
// and the largest v that the row may see, with Y and the store on top (convex.go).
// Of the logsumexp, in which nothing
// cancels, the bound is H + b/(1-b) + 4*u*(1 + log l) + 6*u*|m| + 3*u*|b_t| +
// underflow, l the sum of exp(s_j - m).
//
// # Why it holds
//
// An implementation has some weight w_j for every key, and uses the same w_j
// twice: it multiplies v with it and it adds it up. Whatever all weights of a
// row have in common is in the product and in the sum, and the division takes it
// out. So write w_j = C*exp(s_j + e_j) with C free to choose. C takes up an error
// of the running maximum, a lazy or even wrong maximum, an exponential that is
// always too large by one factor.
//
// What is left in e_j is at most eps_j. The dot product, in any order, fused or
// not, with its scale applied before or after, is dot_j. Scale and log2(e)
// rounded, and their product, make all scores too large by one factor; with C
// chosen at the largest score that is in proportion to m - s_j. So are the
// rounding of s_j - m and of its product with log2(e); over several blocks the
// maximum rises in steps, and the steps add up to the same m - s_j. Together
// these make 3.5 units. A fused multiply-add of s_j*f - m*f rounds m*f apart,
// which a second block does with another m: that is u*max(|s_j|, |m|).
//
// Let o' be the output with weights exp(s_j + e_j) and no other error. As the
// p_j*(v_j - o) of a row add up to 0,
//
//	o' - o = sum p_j*(exp(e_j) - 1)*(v_j - o) / sum p_j*exp(e_j).
//
// The exponential is convex, so the divisor is at least exp(-E). Cauchy and
// Schwarz turn the dividend into K*sd, the triangle inequality into the other
// half of X. With C chosen so that key t has no error the others have at most
// eps_j + eps_t, and a key that has nearly all the weight has no error at all.
//
// Then the roundings that product and sum do not share: one relative error a_j
// of every term of the product, b_j of every term of the sum. They change o' by at
// most (a*sum p'_j*|v_j| + b*|o'|)/(1 - b). The first sum is the attention of |v|,
// so by the same argument at most its exact value and K*sqrt(sum p_j*v_j^2) more;
// and |o'| is at most |o| + X. That is Y. The division, or reciprocal and product,
// costs 3*u, the store u_o. What underflows has an absolute error instead.
//
// A row whose every key has a bias of -FLT_MAX has no bound, and never can: its
// largest score is outside what is safe in base 2. A kernel that multiplies scores
// with log2(e) gets -Inf from all of them, and then NaN or a row of zeros; one that
// subtracts the maximum first gets the mean of v; and a score that is added to the
// bias may or may not move it by its last bit. All of these are right in fp32, so
// such a row is Anything and counts as inconclusive. The bound of rows whose weights
// nothing is known of (convex.go) holds for -1e4, -65504 and -1e9.
//
// # What it leans on
//
// g(k) is the worst case for k up to 16, and beyond that the probabilistic bound
// of Higham and Mary (2019) with lambda 4, which takes roundings for independent.
// Where terms are alike they are not: each addition errs the same way. Sums over
// keys are looked at in variety.go. For dot products, rows of few different
// values get the worst case, (z+2)*S_j; products all of one size the sum of their
// partial sums, which is half of that. Elements so far below the largest of their
// row that a product with them may fall below the last bit of the sum count
// whole (small): lost terms all lean one way, however different they are.
//
// # What must be declared
//
// The defaults of Arithmetic are right for one pass over the keys or an online
// softmax, in which P is rounded for the product alone. SplitKV, ProbsInSum,
// NormalizedProbs and RecomputedWeights say otherwise: with the last nothing
// cancels, and X is the triangle inequality with the error of the logsumexp on
// top. Parts stores what each part of the keys gives: rounding a sum of terms costs
// at most u_t times the sum of their sizes, as if each term were rounded, and the
// sharp line counts the terms of a part as alike, sqrt(n/parts)*u_t; what underflows
// there weighs at most 1 a part. There is no field for inputs cut to fewer bits (TF32), for an exponential
// with an absolute error, nor for a reciprocal worse than 2 units: such an
// implementation has to declare a coarser Acc.
//
// # The sharp line
//
// Rounding errors of different keys are as good as independent, so their squares
// add up and not their sizes. With lambda 6
//
//	sigma_j = u*sqrt(z+2)*(|scale|*sqrt(sum (q_d*k_jd)^2) + 0.6*|x_j|) + u_s part + (2*u + B)*(m - s_j)
//	          + u*(|s_j| + |b_j|) + A
//	S1 = lambda*sqrt(sum (p_j*sigma_j)^2*(v_j - o)^2) + sd*(3*u*spread of the scores
//	     + with several blocks sqrt(nb-1)*(A + 2*u) + u*|m|)
//	S2 = lambda*sqrt(n + nb)*u*(sqrt(sum (p_j*v_j)^2) + 0.3*|o|)
//	S3 = 0.6*lambda*u_p*sqrt(sum (p_j*v_j)^2)
//	sharp = min(bound, S1 + S2 + S3 + (u_o + 3*u)*|o| + underflow + what terms alike add)
//
// Dot products whose terms are alike have a fifth of their worst case for sigma_j;
// of a row of few different weights, more than one, S1 is X: errors of keys are
// alike there too.
//
// # Quantised k and v
//
// K and V hold what integers and scales stand for, exactly; dequantised.go has what
// rounding them on the way adds.
//
// # Sinks
//
// A sink is one more key whose v is 0: sink.go has the formulas, and what its
// weight may be off by.
//
// # Errors that lean one way
//
// Rounding to the nearest errs up as often as down. Result.Lean adds up errors of
// many rows along two directions: the output itself, and the change of the output
// with the scale. An error here is the distance from what the output's format holds
// nearest to the exact output: how the exact output itself is rounded follows from
// its value, and would lean wherever values recur. The errors of a row, each over the
// square of its sharp line and all scaled alike, make one number xi; zone is what may
// lean lawfully there: u along o, (3.5*u + A/(4*spread) + B) along the scale, and what
// is lost or underflows.
//
//	T = (|sum xi| - sum zone)/(sqrt(sum xi^2) + sqrt(sum zone^2))
//
// If the errors of rows are independent and symmetric about a mean within the
// zone, their signs are fair coins whatever their sizes, and Hoeffding's
// inequality gives T > t a probability of at most exp(-t^2/2): 9e-11 a case for
// both directions, both sides and t = 7. Left out are rows of nearly the same
// output, rows with the weights of another row of any head, which a mask makes where
// q and k hardly matter, rows with the q and the k of another, whose scores have the
// same errors whatever the masks are, rows with a dot product of few different terms,
// whose error follows the score, rows whose scores differ by little beside their size,
// rows with nearly all their weight on one key, whose v the output is rounded to every
// time, columns whose output hardly varies, and stored scores, which are rounded twice
// and lean lawfully.
//
// A case whose T is past 7 fails. The sums of all cases of a run have a T as well:
// it is reported with its strength, the share by which outputs or the scale are
// off, and fails nothing, for it grows with the number of cases however little
// they lean.
package reference
