#ifndef HILLOCK_SERVER_KERNEL_PIECES_H_
#define HILLOCK_SERVER_KERNEL_PIECES_H_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace hillock::kernel {

// Neighbouring outputs of a dense layer that are computed together. Both backends compute a wide
// layer piece by piece over all rows, so that a long run can pause within a layer, and many rows
// can share one reading of the weights all the same.
struct Piece {
  size_t first;
  size_t outputs;
};

// The most weights of a piece, if that leaves it kPieceStep outputs: 64 rows take 0.7 ms of a core
// that computes 100 GFLOP/s.
inline constexpr size_t kPieceWeights = size_t{1} << 19;

// Outputs of all pieces but the last are a multiple of this: whole panels on either backend.
inline constexpr size_t kPieceStep = 64;

// The pieces of a layer, in order, equally wide but for the last.
inline std::vector<Piece> PiecesOf(size_t inputs, size_t outputs) {
  const size_t fitting = kPieceWeights / std::max<size_t>(inputs, 1) / kPieceStep * kPieceStep;
  const size_t most = std::max(fitting, kPieceStep);
  const size_t count = (outputs + most - 1) / most;
  const size_t even = ((outputs + count - 1) / count + kPieceStep - 1) / kPieceStep * kPieceStep;
  std::vector<Piece> pieces;
  for (size_t first = 0; first < outputs; first += even) {
    pieces.push_back({first, std::min(even, outputs - first)});
  }
  return pieces;
}

}  // namespace hillock::kernel

#endif  // HILLOCK_SERVER_KERNEL_PIECES_H_
