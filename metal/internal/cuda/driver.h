/* The driver of NVIDIA's GPUs, libcuda, as far as this device needs it: opened at run time, so that nothing of it is
 * needed to build, and the program runs where it is not. Types and numbers are those of its documented interface.
 */
#ifndef ATTEST_CUDA_DRIVER_H
#define ATTEST_CUDA_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int cu_result;
typedef int cu_device;
typedef uint64_t cu_pointer;
typedef struct cu_context_opaque *cu_context;
typedef struct cu_module_opaque *cu_module;
typedef struct cu_function_opaque *cu_function;
typedef struct cu_stream_opaque *cu_stream;
typedef struct cu_event_opaque *cu_event;
typedef struct cu_graph_opaque *cu_graph;
typedef struct cu_graph_made_opaque *cu_graph_made;
typedef unsigned long long cu_memory; /* memory without addresses, to be mapped at some */
typedef struct {
  int type, id;
} cu_location;
typedef struct {
  int type, handle_types;
  cu_location location;
  void *handle_data;
  unsigned char compression, rdma;
  unsigned short usage;
  unsigned char reserved[4];
} cu_memory_kind;
typedef struct {
  cu_location location;
  int flags;
} cu_access;

enum {
  CU_SUCCESS = 0, CU_OUT_OF_MEMORY = 2, CU_NO_DEVICE = 100, CU_NOT_READY = 600, CU_ILLEGAL_ADDRESS = 700,
  CU_LAUNCH_OUT_OF_RESOURCES = 701, CU_LAUNCH_TIMEOUT = 702, CU_HARDWARE_STACK = 714, CU_ILLEGAL_INSTRUCTION = 715,
  CU_MISALIGNED_ADDRESS = 716, CU_INVALID_ADDRESS_SPACE = 717, CU_INVALID_PC = 718, CU_LAUNCH_FAILED = 719
};
enum { /* attributes of a device */
  CU_ATTRIBUTE_CLOCK_RATE = 13, CU_ATTRIBUTE_MULTIPROCESSORS = 16, CU_ATTRIBUTE_CAPABILITY_MAJOR = 75,
  CU_ATTRIBUTE_CAPABILITY_MINOR = 76, CU_ATTRIBUTE_SHARED_PER_BLOCK_OPTIN = 97,
  CU_ATTRIBUTE_VIRTUAL_MEMORY = 102
};
enum { /* attributes of a function */
  CU_FUNCTION_MAX_THREADS = 0, CU_FUNCTION_SHARED_BYTES = 1, CU_FUNCTION_LOCAL_BYTES = 3, CU_FUNCTION_REGISTERS = 4,
  CU_FUNCTION_MAX_DYNAMIC_SHARED = 8
};
enum { CU_JIT_MAX_REGISTERS = 0, CU_JIT_ERROR_LOG = 5, CU_JIT_ERROR_LOG_BYTES = 6, CU_JIT_LINES = 13 };
enum { CU_STREAM_NON_BLOCKING = 1, CU_CONTEXT_BLOCKING_SYNC = 4, CU_HOST_REGISTER_MAPPED = 2 };
enum { CU_CAPTURE_THREAD_LOCAL = 1, CU_EVENT_RECORD_EXTERNAL = 1 }; /* external: told outside the graph too */
enum { CU_MEMORY_PINNED = 1, CU_LOCATION_DEVICE = 1, CU_ACCESS_READ_WRITE = 3, CU_GRANULARITY_MINIMUM = 0 };

/* name, and the arguments; the symbol's name is the third. */
#define CUDA_CALLS(X)                                                                                                    \
  X(init, (unsigned), "cuInit")                                                                                         \
  X(driver_version, (int *), "cuDriverGetVersion")                                                                      \
  X(device_count, (int *), "cuDeviceGetCount")                                                                          \
  X(device_get, (cu_device *, int), "cuDeviceGet")                                                                      \
  X(device_name, (char *, int, cu_device), "cuDeviceGetName")                                                           \
  X(device_attribute, (int *, int, cu_device), "cuDeviceGetAttribute")                                                  \
  X(device_memory, (size_t *, cu_device), "cuDeviceTotalMem_v2")                                                        \
  X(context_create, (cu_context *, unsigned, cu_device), "cuCtxCreate_v2")                                              \
  X(context_destroy, (cu_context), "cuCtxDestroy_v2")                                                                   \
  X(context_set, (cu_context), "cuCtxSetCurrent")                                                                       \
  X(module_load, (cu_module *, const void *, unsigned, int *, void **), "cuModuleLoadDataEx")                           \
  X(module_unload, (cu_module), "cuModuleUnload")                                                                       \
  X(module_function, (cu_function *, cu_module, const char *), "cuModuleGetFunction")                                   \
  X(module_global, (cu_pointer *, size_t *, cu_module, const char *), "cuModuleGetGlobal_v2")                           \
  X(function_attribute, (int *, int, cu_function), "cuFuncGetAttribute")                                                \
  X(function_set, (cu_function, int, int), "cuFuncSetAttribute")                                                        \
  X(memory_allocate, (cu_pointer *, size_t), "cuMemAlloc_v2")                                                           \
  X(memory_free, (cu_pointer), "cuMemFree_v2")                                                                          \
  X(host_allocate, (void **, size_t), "cuMemAllocHost_v2")                                                              \
  X(host_free, (void *), "cuMemFreeHost")                                                                               \
  X(host_register, (void *, size_t, unsigned), "cuMemHostRegister_v2")                                                  \
  X(host_unregister, (void *), "cuMemHostUnregister")                                                                   \
  X(host_pointer, (cu_pointer *, void *, unsigned), "cuMemHostGetDevicePointer_v2")                                     \
  X(copy_in, (cu_pointer, const void *, size_t, cu_stream), "cuMemcpyHtoDAsync_v2")                                     \
  X(copy_out, (void *, cu_pointer, size_t, cu_stream), "cuMemcpyDtoHAsync_v2")                                          \
  X(fill, (cu_pointer, unsigned char, size_t, cu_stream), "cuMemsetD8Async")                                            \
  X(memory_granularity, (size_t *, const cu_memory_kind *, int), "cuMemGetAllocationGranularity")                        \
  X(address_reserve, (cu_pointer *, size_t, size_t, cu_pointer, unsigned long long), "cuMemAddressReserve")              \
  X(address_free, (cu_pointer, size_t), "cuMemAddressFree")                                                             \
  X(memory_create, (cu_memory *, size_t, const cu_memory_kind *, unsigned long long), "cuMemCreate")                     \
  X(memory_release, (cu_memory), "cuMemRelease")                                                                        \
  X(memory_map, (cu_pointer, size_t, size_t, cu_memory, unsigned long long), "cuMemMap")                                 \
  X(memory_unmap, (cu_pointer, size_t), "cuMemUnmap")                                                                   \
  X(memory_access, (cu_pointer, size_t, const cu_access *, size_t), "cuMemSetAccess")                                    \
  X(launch, (cu_function, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, cu_stream, void **, void **), \
    "cuLaunchKernel")                                                                                                   \
  X(stream_create, (cu_stream *, unsigned), "cuStreamCreate")                                                           \
  X(stream_destroy, (cu_stream), "cuStreamDestroy_v2")                                                                  \
  X(stream_query, (cu_stream), "cuStreamQuery")                                                                         \
  X(event_create, (cu_event *, unsigned), "cuEventCreate")                                                              \
  X(event_destroy, (cu_event), "cuEventDestroy_v2")                                                                     \
  X(event_record, (cu_event, cu_stream, unsigned), "cuEventRecordWithFlags")                                            \
  X(event_elapsed, (float *, cu_event, cu_event), "cuEventElapsedTime")                                                 \
  X(capture_begin, (cu_stream, int), "cuStreamBeginCapture_v2")                                                         \
  X(capture_end, (cu_stream, cu_graph *), "cuStreamEndCapture")                                                         \
  X(graph_make, (cu_graph_made *, cu_graph, unsigned long long), "cuGraphInstantiateWithFlags")                         \
  X(graph_launch, (cu_graph_made, cu_stream), "cuGraphLaunch")                                                          \
  X(graph_made_destroy, (cu_graph_made), "cuGraphExecDestroy")                                                          \
  X(graph_destroy, (cu_graph), "cuGraphDestroy")                                                                        \
  X(error_name, (cu_result, const char **), "cuGetErrorName")                                                           \
  X(error_words, (cu_result, const char **), "cuGetErrorString")

typedef struct {
#define X(name, arguments, symbol) cu_result(*name) arguments;
  CUDA_CALLS(X)
#undef X
} cuda_driver;

/* The driver, opened and initialised at the first call. NULL where there is none, with the reason in message. library names
 * another file than libcuda.so.1; the first call decides. */
const cuda_driver *cuda_open_driver(const char *library, char *message, size_t message_bytes);

/* "CUDA_ERROR_OUT_OF_MEMORY: out of memory", in text. */
const char *cuda_error_words(const cuda_driver *, cu_result, char *text, size_t bytes);

#endif
