#!/bin/sh
# Linux on arm64, on another machine: cross-compiled by the gcc of Debian and run under qemu. The semantics suite of MSL
# runs whole, on fibers and on vectors, engines are held against each other, and the kernel of this project runs 100 cases,
# 40 of them on vectors too. Where the packages are missing nothing is tested, and that is said.
set -e
for tool in aarch64-linux-gnu-gcc qemu-aarch64; do
  command -v $tool > /dev/null || {
    echo "make arm64: SKIPPED, NOTHING WAS TESTED: no $tool. apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" >&2
    exit 0
  }
done
GO=${GO:-go}
[ "$($GO env GOARCH)" != arm64 ] || { echo "make arm64: this is arm64, where make test does it" >&2; exit 0; }
for version in 19 18 17 16 15 14; do
  command -v clang-$version > /dev/null && { CLANG=clang-$version; break; }
done
export CLANG GOARCH=arm64 GOOS=linux CGO_ENABLED=1 CC=aarch64-linux-gnu-gcc
out=$PWD/build/arm64
mkdir -p "$out"
$GO build -o "$out/attest" ./harness/cmd/attest
$GO test -c -o "$out/msl.test" ./metal/internal/msl
$GO test -c -o "$out/host.test" ./metal/internal/host
export ATTEST_CLANG="$PWD/scripts/clang-arm64.sh" ATTEST_CACHE="$out/cache" ATTEST_COMPILE_DEADLINE=5m
mkdir -p "$out/cache" && chmod 700 "$out/cache"
run="qemu-aarch64 -L /usr/aarch64-linux-gnu"
rm -rf "$out/run" "$out/run-wide"
$run "$out/attest" paths | head -3
$run "$out/attest" run --path host --preset quick --cases "${ARM64_CASES:-100}" --seed 1 --isolate=false --relations 0 --workers 1 --out "$out/run"
$run "$out/attest" run --path 'host?engine=wide' --preset quick --cases 40 --seed 1 --isolate=false --relations 0 --workers 1 --out "$out/run-wide" | tee "$out/run-wide.txt"
if grep "^on fibers" "$out/run-wide.txt"; then exit 1; fi
cd metal/internal/host
$run "$out/host.test" -test.timeout 20m -test.run "^(TestEnginesHaveTheSameBits|TestStoresSideBySide|TestLoadsInFours|TestQuotientsAreExact|TestAbsentReferences|TestOperationsOnTheWayOutOfALoop|TestVectorsReportAsFibers|TestWhatStaysOnFibersRunsThere|TestRandomKernelsOnVectors|TestWaysThroughKernels|TestLargePrivateVariables|TestSaturatedIntegers|TestNumbersTooLargeForAnInteger|TestWholeNumbersOfAllSizes|TestHalfTurns|TestFractionsAreBelowOne|TestNamesOfTheCLibrary|TestAbsentLanesInFastMath|TestFusedOfNarrowIsRoundedOnce|TestWhereAThreadIs|TestBytesMayLieAnywhere|TestPartsOfAVectorAreFetchedTogether|TestAccessesOfOddSizesUnderTheCheckers|TestRandomKernelsOfManyTypes)$"
cd ../msl
$run "$out/msl.test" -test.short -test.timeout 20m -test.run "${ARM64_TESTS:-^Test(Structs|TemplatesAndEntries|Threadgroups|Simdgroups|Library|FastMath|Constants|ConstantsRefused|ValuesThatNobodyGave|Floats|Integers|Relations|MathOfOneArgument|Math|Conditionals|ConstantSpace|NamesAndDeclarations|Vectors|Swizzles|PackedVectors|Matrices)$}"
