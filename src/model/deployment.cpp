#include "pivotd/model/deployment.h"

#include <algorithm>

namespace pivotd {

std::optional<ImageRef> Deployment::image() const {
  const std::string_view text = custom_origin;
  if (!text.starts_with(kOriginScheme)) return std::nullopt;
  auto image = ImageRef::parse(text.substr(kOriginScheme.size()));
  if (!image.ok()) return std::nullopt;
  return std::move(image).value();
}

const Deployment* Deployments::booted() const {
  const auto found = std::find_if(all.begin(), all.end(), [](const auto& d) { return d.booted; });
  return found == all.end() ? nullptr : &*found;
}

const Deployment* Deployments::pending() const {
  // Where nothing is booted the first deployment is the base, and nothing waits for a boot.
  if (booted() == nullptr) return nullptr;
  const auto staged = std::find_if(all.begin(), all.end(), [](const auto& d) { return d.staged; });
  const auto& next = staged == all.end() ? all.front() : *staged;
  return next.booted ? nullptr : &next;
}

const Deployment* Deployments::base() const {
  if (const auto* deployment = booted()) return deployment;
  return all.empty() ? nullptr : &all.front();
}

}  // namespace pivotd
