// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/folder.h"
#include "server/core/repository/layout.h"
#include "server/core/repository/names.h"
#include "server/core/repository/serving_options.h"

namespace hillock::repository {

// A version folder as it was listed, unread. Equal listings mean equal content (see FileMark).
struct VersionListing {
  int64_t number = 0;
  std::vector<FileMark> files;

  bool operator==(const VersionListing&) const = default;
};

// A model of the repository as it was listed: nothing but its options has been read.
struct ModelListing {
  std::string name;  // as Printable()
  // How it is to be served, or what is wrong with the model as a whole: no model's name, options
  // that make no sense.
  absl::StatusOr<ServingOptions> options;
  std::vector<VersionListing> versions;  // ascending; may be empty
  std::string instead;                   // what is there without any version, as DescribeEntries()

  // Null when there is no such version.
  const VersionListing* Find(int64_t number) const;

  bool operator==(const ModelListing&) const = default;
};

// The models below a root. One of four layouts:
//
//   <root>/<model>/<version>/FILE    and in <root>/<model>/, each optional: options.txtpb over
//                                    Triton's config.pbtxt over the defaults
//   <root>/<version>/FILE            the root is one model's folder
//   <root>/model.onnx or model.mlp   the root is a version folder: version 1 of one model
//   <root>                           is one file, which is version 1 of one model
//
// The one model of the last three is called `model_name`, or else as the root is, without an ending
// of a file. Which layout it is follows from what is there when there is something: a root that is
// missing or empty has none yet. It stays the first or the second then; the third may become the
// first.
//
// FindModelFile() says which file of a version folder is the model. Other files beside the version
// folders, and in them, are ignored, and so is what IsIgnored() names. Stray files of the root are
// listed as models that cannot be served. So are links that Folder does not follow.
//
// Listing is cheap, reading is not: changes are found by listing again and comparing. Names that a
// request gives are compared with names listed, and never become part of a path. Messages name
// files relative to the root. For one thread.
class Repository {
 public:
  // `root` need not exist yet. It may be a link, or be reached through links: wherever they lead to
  // at each call.
  Repository(const std::string& root, size_t max_file_bytes, ServingOptions defaults = {},
             std::string model_name = "");

  // Every model, in order of name. An error is about the root: then nothing is known of any model.
  absl::StatusOr<std::vector<ModelListing>> List();

  // Reads a version that has been listed, with the outputs that its options choose. Errors: those
  // of FindModelFile, ReadMlp, ImportOnnx, CheckTensors and SelectOutputs; INVALID_ARGUMENT for
  // what is no regular file, or a link that is not followed; RESOURCE_EXHAUSTED for more than
  // max_file_bytes, external data included; DATA_LOSS when it is damaged or no longer is as it was
  // listed.
  absl::StatusOr<std::shared_ptr<const model::Mlp>> Read(const ModelListing& model,
                                                         int64_t number) const;

 private:
  std::vector<ModelListing> ListModels(const Folder& root,
                                       const std::vector<std::string>& names) const;
  ModelListing ListModel(const absl::StatusOr<Folder>& folder, const std::string& name) const;
  ModelListing ListVersion(const Folder& root, const std::string& name) const;
  ModelListing ListFile() const;
  absl::StatusOr<model::Mlp> ReadListed(const ModelListing& model,
                                        const VersionListing& version) const;
  absl::StatusOr<model::Mlp> ReadVersion(const Folder& folder, const ModelListing& model,
                                         const VersionListing& version) const;
  absl::StatusOr<model::Mlp> ReadFolder(const Folder& files, const ModelListing& model,
                                        const VersionListing& version) const;

  std::string root_;
  size_t max_file_bytes_;
  ServingOptions defaults_;
  std::string model_name_;        // empty when none is given
  bool is_file_ = false;          // the root was one when it was found
  std::optional<Layout> layout_;  // else what it was then
};

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_
