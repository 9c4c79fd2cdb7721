#!/bin/bash
# swiftc, without the upcoming features that Swift 6 has anyway: 6.0 makes an error of them where it compiles in that mode.
arguments=()
of=
for argument in "$@"; do
  if [ "$of" = -enable-upcoming-feature ]; then
    case $argument in
    ConciseMagicFile|ForwardTrailingClosures|StrictConcurrency|ImplicitOpenExistentials|BareSlashRegexLiterals|\
    DeprecateApplicationMain|ImportObjcForwardDeclarations|DisableOutwardActorInference|IsolatedDefaultValues|\
    GlobalConcurrency|InferSendableFromCaptures|RegionBasedIsolation|DynamicActorIsolation|NonfrozenEnumExhaustivity|\
    GlobalActorIsolatedTypesUsability)
      unset 'arguments[-1]'
      of=
      continue ;;
    esac
  fi
  arguments+=("$argument")
  of=$argument
done
exec "$ATTEST_SWIFTC" "${arguments[@]}"
